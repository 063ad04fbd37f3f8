// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Bind, unbind and probe, as the driver core does them under the device lock: dev->driver first, then DMA, then the driver's probe;
// back in reverse. Unbinding a VFIO device waits, with the device lock held, until every open descriptor is closed.
// Not checked: suppliers and consumers, power management; there are none in this host.
// Source: really_probe in drivers/base/dd.c, bind_store in drivers/base/bus.c, vfio_unregister_group_dev in drivers/vfio.
#pragma once

#include "devlock/backend/sim/machine.hpp"

namespace devlock::sim {

template <Sync S>
class DriverCore {
 public:
  explicit DriverCore(Machine<S>& machine) : machine_(machine) {}

  Result<void> bind(vfio::ContextFor<vfio::device_lock> context, pci::Address address, std::string_view driver)
      DEVLOCK_REQUIRES(context) {
    const std::string name = pci::to_string(address);
    if (!valid_driver_name(driver)) {
      return failure(
          make_error(Operation::bind, name, EINVAL, "this is no name of a driver", "name a driver, such as vfio-pci"));
    }
    const unsigned place = machine_.driver_place(driver);
    if (place == 0U) {
      return failure(
          make_error(Operation::bind, name, ENOENT, "there is no driver " + std::string(driver), "load its module"));
    }
    Function<S>* function = machine_.find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::bind, address, ENODEV));
    }
    if (!matches(*function, place)) {
      const std::string only = function->driver_override();
      return failure(make_error(Operation::bind, name, ENODEV,
                                only.empty() ? "driver " + std::string(driver) + " does not match the function"
                                             : "its driver_override admits " + only + " only",
                                "set driver_override to " + std::string(driver)));
    }
    auto waiting = function->waits_for_lock.enter();
    Guard device{context, function->lock().device()};
    waiting.leave();
    if (function->driver() != 0U) {
      return failure(make_error(Operation::bind, name, EBUSY, "it is bound to " + machine_.driver_name(*function),
                                "unbind it first"));
    }
    if (auto ready = configure_dma(device, *function, place, Operation::bind); !ready) {
      return ready;
    }
    return start(device, *function, place, Operation::bind);
  }

  Result<void> unbind(vfio::ContextFor<vfio::device_lock> context, pci::Address address) DEVLOCK_REQUIRES(context) {
    Function<S>* function = machine_.find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::unbind, address, ENOENT));
    }
    if (function->driver() == 0U) {
      return failure(make_error(Operation::unbind, pci::to_string(address), ENODEV, "no driver is bound to it",
                                "there is nothing to unbind"));
    }
    if (const int error_number = machine_.faults.take(Operation::unbind, address)) {
      return failure(injected(Operation::unbind, address, error_number));
    }
    auto waiting = function->waits_for_lock.enter();
    Guard device{context, function->lock().device()};
    waiting.leave();
    if (function->driver() != 0U) {  // else somebody unbound it meanwhile, which is what was asked for
      detach(device, *function);
    }
    return {};
  }

  /// The driver bound now. A driver whose probe fails leaves the function driverless and is no error; a group whose DMA a user owns
  /// is EINVAL, as drivers_probe answers.
  Result<std::string> probe(vfio::ContextFor<vfio::device_lock> context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    Function<S>* function = machine_.find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::probe, address, ENODEV));
    }
    auto waiting = function->waits_for_lock.enter();
    Guard device{context, function->lock().device()};
    waiting.leave();
    for (unsigned place = 1U; place <= machine_.drivers() && function->driver() == 0U; ++place) {
      if (!matches(*function, place)) {
        continue;
      }
      if (auto ready = configure_dma(device, *function, place, Operation::probe); !ready) {
        return failure(std::move(ready).error());
      }
      (void)start(device, *function, place, Operation::probe).has_value();  // the next driver may do
    }
    return machine_.driver_name(*function);
  }

 private:
  [[nodiscard]] bool matches(const Function<S>& function, unsigned place) const {
    return machine_.driver(place).matches(function.spec.vendor, function.spec.device, function.spec.class_code,
                                          function.driver_override());
  }
  // By the address itself the kernel answers ENOENT (no such path), by a driver's attribute ENODEV.
  static Error no_function(Operation operation, pci::Address address, int error_number) {
    return make_error(operation, pci::to_string(address), error_number, "there is no such function",
                      "look at the list of devices");
  }
  static Error injected(Operation operation, pci::Address address, int error_number) {
    return make_error(operation, pci::to_string(address), error_number, "a fault was injected", "try again");
  }

  // bind passes EBUSY on and answers EAGAIN for a probe that is deferred; drivers_probe folds every error into EINVAL.
  Error no_dma(ClaimError why, const Function<S>& function, unsigned place, Operation operation) const {
    const bool deferred = why == ClaimError::deferred;
    const int error_number = operation == Operation::probe ? EINVAL : deferred ? EAGAIN : EBUSY;
    const std::string group = function.group->name();
    std::string reason = deferred                     ? group + " has no default domain yet"
                         : why == ClaimError::foreign ? group + " is attached to somebody's domain"
                                                      : "a user owns the DMA of " + group;
    return make_error(operation, pci::to_string(function.address()), error_number,
                      std::move(reason) + ", so driver " + machine_.driver(place).name + " cannot start",
                      deferred
                          ? "bind it again once the group is ready"
                          : "close the group's devices and its container first, or bind a driver that does no DMA");
  }
  [[nodiscard]] bool uses_dma(const Function<S>& function, unsigned place) const {
    return !machine_.driver(place).manages_dma && function.group != nullptr;
  }
  // The first half of really_probe, under the device lock: dev->driver, then the group's DMA, or neither.
  Result<void> configure_dma(vfio::ContextFor<vfio::iommu_group_lock> context, Function<S>& function, unsigned place,
                             Operation operation) DEVLOCK_REQUIRES(context) {
    function.set_driver(place);
    const ClaimError refused =
        uses_dma(function, place) ? function.group->ownership.use_dma_api(context.again()) : ClaimError::none;
    if (refused != ClaimError::none) {
      function.set_driver(0U);
      return failure(no_dma(refused, function, place, operation));
    }
    return {};
  }
  // The second half: the driver's own probe. If it fails, the first half is undone.
  Result<void> start(vfio::ContextFor<vfio::open_device> context, Function<S>& function, unsigned place,
                     Operation operation) DEVLOCK_REQUIRES(context) {
    Result<void> started;
    if (const int error_number = machine_.faults.take(operation, function.address())) {
      started = failure(injected(operation, function.address(), error_number));
    } else if (machine_.driver(place).is_vfio) {
      started = register_vfio(context.again(), function, operation);
    } else {
      function.registers.enable();
    }
    if (!started) {
      if (uses_dma(function, place)) {
        function.group->ownership.unuse_dma_api(context);
      }
      function.set_driver(0U);
    }
    return started;
  }

  // __device_release_driver, under the device lock.
  void detach(vfio::ContextFor<vfio::open_device> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    const unsigned place = function.driver();
    if (machine_.driver(place).is_vfio) {
      unregister_vfio(context.again(), function);
    }
    function.registers.disable();
    if (uses_dma(function, place)) {
      function.group->ownership.unuse_dma_api(context);
    }
    function.set_driver(0U);
  }

  Result<void> register_vfio(vfio::ContextFor<vfio::open_device> context, Function<S>& function, Operation operation)
      DEVLOCK_REQUIRES(context) {
    if (function.group == nullptr || function.spec.is_bridge()) {
      return failure(make_error(operation, pci::to_string(function.address()), EINVAL,
                                function.group == nullptr ? "it is in no IOMMU group" : "VFIO does not take bridges",
                                function.group == nullptr ? "enable the IOMMU" : "give away what is below it"));
    }
    Guard list{context, machine_.group_list_lock};
    auto group = function.group->vfio();
    if (group == nullptr) {
      group = std::make_shared<VfioGroup<S>>(*function.group);
    }
    function.vfio = std::make_shared<VfioDevice<S>>(function, group);
    function.device_set->add(list, function.vfio);
    group->drivers.set(group->drivers.get() + 1U);
    group->add(list, function.vfio);
    function.group->set_vfio(std::move(group));
    return {};
  }

  void unregister_vfio(vfio::ContextFor<vfio::open_device> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    const auto device = function.vfio;
    device->group->remove(context, *device);  // no new descriptor from here on
    device->users.begin_close();
    function.lock().revoke();
    device->request(context);
    if (device->users.users() != 0U) {
      auto waiting = function.waits_for_users.enter();
      device->users.close(context.again());
    }
    device->users.close(context.again());
    function.device_set->remove(context.again(), *device);
    Guard list{context, machine_.group_list_lock};
    device->group->drivers.set(device->group->drivers.get() - 1U);
    if (device->group->drivers.get() == 0U) {
      function.group->set_vfio(nullptr);
      Guard guard{list, device->group->group_lock};
      if (device->group->container != nullptr) {
        device->group->detach_container(guard);
      }
      device->group->alive.set(false);
    }
    function.vfio.reset();
    function.lock().revive();  // driverless, and free to be reset or bound
  }

  Machine<S>& machine_;
};

}  // namespace devlock::sim
