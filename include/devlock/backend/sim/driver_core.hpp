// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Bind, unbind and probe, as the driver core does them under the device lock: dev->driver first, then DMA, then the driver's probe;
// back in reverse. Unbinding a VFIO device waits, with the device lock held, until every open descriptor is closed. A function that
// others need is unbound after them, with its lock given back meanwhile.
// A PF's driver takes its virtual functions away as it goes; one that keeps them (`keeps_vfs`) leaves them, and VFIO does not take the PF
// (EBUSY) until they are gone. As in Linux 6.1 and 6.12, an unbind does that without the lock of the topology. Linux walks the list of the
// bus under that one and so races with it; here the list has a leaf of its own. Not checked: power management but VFIO's.
// Source: really_probe, __device_release_driver in drivers/base/dd.c, bind_store in drivers/base/bus.c, __pci_device_probe,
// vfio_unregister_group_dev.
#pragma once

#include <optional>
#include <type_traits>
#include <vector>

#include "devlock/backend/sim/function_locks.hpp"
#include "devlock/backend/sim/vfio_registration.hpp"
#include "devlock/lock/hierarchical_lock.hpp"

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
      return failure(no_function(Operation::bind, address));
    }
    if (!matches(*function, place)) {
      if (machine_.profile().override_waits) {  // whoever explains the refusal reads it
        auto waiting = function->waits_for_lock.enter();
        const Guard reads{context.again(), function->lock().device()};
      }
      return failure(no_match(Operation::bind, *function, place));
    }
    auto waiting = function->waits_for_lock.enter();
    Guard device{context, function->lock().device()};
    waiting.leave();
    if (function->lock().life() == DeviceLife::gone) {
      return failure(no_function(Operation::bind, address));
    }
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
      return failure(no_function(Operation::unbind, address));
    }
    if (function->linked_driver() == 0U) {
      return failure(make_error(Operation::unbind, pci::to_string(address), ENODEV, "no driver is bound to it",
                                "there is nothing to unbind"));
    }
    if (const int error_number = machine_.faults.take(Operation::unbind, address)) {
      return failure(injected(Operation::unbind, address, error_number));
    }
    release(context.again(), *function);
    return {};
  }
  /// Without a driver afterwards, whatever it had. Waits as unbind does.
  void release(vfio::ContextFor<vfio::device_lock> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    (void)release(context.again(), function, false);
  }
  /// The same, and nobody finds it then. False if it left before. Whoever binds it between pci_stop_dev and device_del loses it again.
  bool remove(vfio::ContextFor<vfio::device_lock> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    release(context.again(), function);
    return release(context.again(), function, true);
  }
  /// Calls `act` with the device locks of the function and of its virtual ones, in that order; of these if needed() says so, under its own.
  template <class Act, class Needed>
  void with_virtuals(vfio::ContextFor<vfio::device_lock> context, Function<S>& function, const Needed& needed,
                     const Act& act) DEVLOCK_REQUIRES(context) {
    for (std::vector<Function<S>*> virtuals;;) {
      const FunctionLocks<S> scope(function, virtuals);
      auto waiting = function.waits_for_lock.enter();
      const HierarchicalLock locked{context, scope};
      waiting.leave();
      if (function.virtuals == virtuals || !needed()) {  // they change under its lock alone
        act(locked);
        return;
      }
      virtuals = function.virtuals;
    }
  }
  template <class Act>
  void with_virtuals(vfio::ContextFor<vfio::device_lock> context, Function<S>& function, const Act& act)
      DEVLOCK_REQUIRES(context) {
    with_virtuals(context.again(), function, std::true_type(), act);
  }
  /// sriov_disable: its virtual functions lose their drivers and leave, the first one first. Call it with the locks of with_virtuals.
  void disable_virtuals(vfio::ContextFor<vfio::open_device> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    for (; !function.virtuals.empty(); function.virtuals.erase(function.virtuals.begin())) {
      Function<S>& next = *function.virtuals.front();
      if (next.driver() != 0U) {
        detach(context.again(), next);
      }
      (void)machine_.erase(next);
    }
  }

  /// The driver bound now. A probe that fails leaves it driverless and is no error; EINVAL, as drivers_probe: a user owns its DMA.
  Result<std::string> probe(vfio::ContextFor<vfio::device_lock> context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    Function<S>* function = machine_.find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::probe, address));
    }
    if (function->driver() != 0U) {  // bus_rescan_devices_helper looks without the lock
      return machine_.driver_name(*function);
    }
    auto waiting = function->waits_for_lock.enter();
    Guard device{context, function->lock().device()};
    waiting.leave();
    if (function->lock().life() == DeviceLife::gone) {
      return failure(no_function(Operation::probe, address));
    }
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
  Error no_match(Operation operation, const Function<S>& function, unsigned place) const {
    const std::string only = function.driver_override();
    const std::string driver = machine_.driver(place).name;
    return make_error(operation, pci::to_string(function.address()), ENODEV,
                      only.empty() ? "driver " + driver + " does not match the function"
                                   : "its driver_override admits " + only + " only",
                      "set driver_override to " + driver);
  }
  static Error no_function(Operation operation, pci::Address address) {
    return make_error(operation, pci::to_string(address), ENODEV, "there is no such function",
                      "look at the list of devices");
  }
  static Error injected(Operation operation, pci::Address address, int error_number) {
    return make_error(operation, pci::to_string(address), error_number, "a fault was injected", "try again");
  }

  // Does its driver's .remove call pci_disable_sriov?
  [[nodiscard]] bool takes_vfs(const Function<S>& function) const {
    const unsigned place = function.driver();
    return place != 0U && !machine_.driver(place).keeps_vfs;
  }
  // __device_release_driver: consumers first, without this lock; then a look whether the driver still is the one that was to go.
  bool release(vfio::ContextFor<vfio::device_lock> context, Function<S>& function, bool leaves)
      DEVLOCK_REQUIRES(context) {
    bool erased = false;
    for (unsigned driver = 0U;;) {
      std::optional<pci::Address> consumer;
      const auto takes_virtuals = [&] { return leaves || takes_vfs(function); };
      with_virtuals(context.again(), function, takes_virtuals, [&](vfio::ContextFor<vfio::open_device> locked) {
        locked.assume();
        const unsigned now = function.driver();
        if (driver != 0U && now != 0U && now != driver && !leaves) {
          return;
        }
        driver = now;
        if (now != 0U) {
          consumer = machine_.links.begin_unbind(function.address());
          if (consumer) {
            return;
          }
        }
        if (takes_virtuals()) {
          disable_virtuals(locked.again(), function);
        }
        if (now != 0U) {
          detach(locked.again(), function);
        }
        erased = leaves && machine_.erase(function);
      });
      if (!consumer) {
        return erased;
      }
      if (Function<S>* other = machine_.find(*consumer)) {
        release(context.again(), *other);
      }
    }
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
    if (!machine_.links.begin_probe(function.address(), function.spec.suppliers)) {
      return failure(make_error(operation, pci::to_string(function.address()),
                                operation == Operation::probe ? EINVAL : EAGAIN,
                                "a function that it needs has no driver", "bind its suppliers first"));
    }
    function.set_driver(place);
    const ClaimError refused =
        uses_dma(function, place) ? function.group->ownership.use_dma_api(context.again()) : ClaimError::none;
    if (refused != ClaimError::none) {
      function.set_driver(0U);
      machine_.links.unbound(function.address());
      return failure(no_dma(refused, function, place, operation));
    }
    return {};
  }
  // The second half: the driver's own probe. If it fails, the first half is undone.
  Result<void> start(vfio::ContextFor<vfio::open_device> context, Function<S>& function, unsigned place,
                     Operation operation) DEVLOCK_REQUIRES(context) {
    Result<void> started;
    if (!matches(function, place)) {  // pci_match_device once more, now that nobody can change it
      started = failure(no_match(operation, function, place));
    } else if (const int error_number = machine_.faults.take(operation, function.address())) {
      started = failure(injected(operation, function.address(), error_number));
    } else if (machine_.driver(place).is_vfio) {
      started = VfioRegistration<S>(machine_).enter(context.again(), function, operation);
    } else {
      function.registers.enable();
    }
    if (!started) {
      if (uses_dma(function, place)) {
        function.group->ownership.unuse_dma_api(context);
      }
      function.set_driver(0U);
      machine_.links.unbound(function.address());
    } else {
      machine_.links.bound(function.address());
    }
    return started;
  }

  // __device_release_driver, under the device lock.
  void detach(vfio::ContextFor<vfio::open_device> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    const unsigned place = function.driver();
    VfioRegistration<S>(machine_).wake(context.again(), function);
    function.unlink_driver();
    if (machine_.driver(place).is_vfio) {
      VfioRegistration<S>(machine_).leave(context.again(), function);
    }
    function.registers.disable();
    if (uses_dma(function, place)) {
      function.group->ownership.unuse_dma_api(context);
    }
    function.set_driver(0U);
    machine_.links.unbound(function.address());
  }

  Machine<S>& machine_;
};

}  // namespace devlock::sim
