// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a function enters VFIO when its driver is bound, and leaves it when that is unbound: both under its device lock. Leaving waits
// until every open descriptor is closed.
// Not checked: that the device lock is held; the context says that the caller may wait for what comes after it.
// Source: vfio_register_group_dev, vfio_unregister_group_dev in drivers/vfio/vfio_main.c; vfio_pci_core_register_device.
#pragma once

#include "devlock/backend/sim/machine.hpp"

namespace devlock::sim {

template <Sync S>
class VfioRegistration {
 public:
  explicit VfioRegistration(Machine<S>& machine) : machine_(machine) {}

  /// vfio-pci's probe. EINVAL: the function is in no group, or is a bridge. EBUSY: it has virtual functions.
  Result<void> enter(vfio::ContextFor<vfio::open_device> context, Function<S>& function, Operation operation)
      DEVLOCK_REQUIRES(context) {
    if (function.group == nullptr || function.spec.is_bridge()) {
      return failure(make_error(operation, pci::to_string(function.address()), EINVAL,
                                function.group == nullptr ? "it is in no IOMMU group" : "VFIO does not take bridges",
                                function.group == nullptr ? "enable the IOMMU" : "give away what is below it"));
    }
    if (!function.virtuals.empty()) {
      return failure(make_error(operation, pci::to_string(function.address()), EBUSY,
                                "it has virtual functions, which others may use",
                                "write 0 to its sriov_numvfs first, under the driver that made them"));
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

  /// What the driver core does before that: a device that nobody has open sleeps. Nothing for any other driver's.
  void wake(vfio::ContextFor<vfio::open_device> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    if (function.vfio != nullptr) {
      function.vfio->wake_unless_open(context.again());
    }
  }
  /// vfio-pci's remove: no new descriptor, then the unplug request, then the wait for the last descriptor.
  void leave(vfio::ContextFor<vfio::open_device> context, Function<S>& function) DEVLOCK_REQUIRES(context) {
    const auto device = function.vfio;
    const bool opens = machine_.profile().opens_while_unbinding;
    if (!opens) {
      device->group->remove(context.again(), *device);  // no new descriptor from here on
    }
    device->users.begin_close();
    function.lock().revoke();
    device->request(context);
    if (device->users.users() != 0U) {
      auto waiting = function.waits_for_users.enter();
      device->users.close(context.again());
    }
    device->users.close(context.again());
    if (opens) {
      device->group->remove(context.again(), *device);
    }
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

 private:
  Machine<S>& machine_;
};

}  // namespace devlock::sim
