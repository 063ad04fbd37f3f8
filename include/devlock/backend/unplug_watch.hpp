// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The kernel's wish to have a device back, as it reaches the program's locks: a look at the request never waits, and moves the
// DeviceLock of the device from live to revoking, so that no thread begins a reset of it or of what is locked with it.
//
//   auto watch = UnplugWatch<Device, Lock>::start(context, device, lock);
//   poll(watch->event()) ... if (watch->look().value_or(false)) (void)device.close(context);
//
// Not checked: that somebody looks; the kernel repeats the request every ten seconds, and waits for the close without end.
// Source: vfio_unregister_group_dev in drivers/vfio/vfio_main.c, vfio_pci_core_request in drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include "devlock/backend/concept.hpp"
#include "devlock/lock/device_lock.hpp"

namespace devlock {

/// Keeps references to both: they outlive it and stay where they are.
template <OpenDevice Device, class Lock>
class UnplugWatch {
 public:
  /// Asks the kernel to tell of an unplug. The errors are those of watch_unplug.
  [[nodiscard]] static Result<UnplugWatch> start(vfio::ContextFor<vfio::igate> context, Device& device, Lock& lock)
      DEVLOCK_REQUIRES(context) {
    if (auto asked = device.watch_unplug(context.again()); !asked) {
      return failure(std::move(asked).error());
    }
    return UnplugWatch(device, lock);
  }

  /// Has an unplug been asked for? Then the lock is revoking from here on. Never waits.
  [[nodiscard]] Result<bool> look() {
    auto requested = device_->unplug_requested();
    if (requested && *requested) {
      lock_->revoke();
    }
    return requested;
  }
  /// A descriptor that is readable once an unplug was asked for, where the backend has one. Poll it, do not read it.
  [[nodiscard]] int event() const requires requires(const Device& device) { device.unplug_event(); }
  { return device_->unplug_event(); }

 private:
  UnplugWatch(Device& device, Lock& lock) : device_(&device), lock_(&lock) {}

  Device* device_;
  Lock* lock_;
};

}  // namespace devlock
