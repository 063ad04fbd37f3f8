// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A function reset by VFIO_DEVICE_RESET, as devlock::pci's reset algorithm wants its target. The kernel saves and restores the
// function's state inside that one call, so saving and restoring are nothing here.
#pragma once

#include "devlock/backend/concept.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/sync/std.hpp"

namespace passthrough {

/// This process's lock of a function, with its life. Unlike devlock::DeviceLock it has no config-access block: that one is the
/// kernel's, and comes after memory_lock, which VFIO_DEVICE_RESET waits for.
class DeviceLock {
 public:
  using lock_class = devlock::vfio::device_lock;

  [[nodiscard]] devlock::DeviceLife life() const { return lock_.life(); }
  bool revoke() { return lock_.revoke(); }
  void mark_gone() { lock_.mark_gone(); }

 private:
  friend class devlock::LockAccess;
  void lock() { devlock::LockAccess::lock(lock_.device()); }
  [[nodiscard]] bool try_lock() { return devlock::LockAccess::try_lock(lock_.device()); }
  void unlock() { devlock::LockAccess::unlock(lock_.device()); }

  devlock::DeviceLock<devlock::StdSync> lock_;
};
using Scope = devlock::pci::ResetScope<DeviceLock>;

template <devlock::OpenDevice Device>
class VfioReset {
 public:
  /// It resets through an open descriptor: the form that waits does not compile with it.
  using lifetime_class = typename Device::lifetime_class;

  explicit VfioReset(Device& device) : device_(&device) {}

  devlock::Result<void> check(const Scope& scope) {
    if (scope.kind() != devlock::pci::ScopeKind::function || scope.target() != device_->address()) {
      return devlock::failure(devlock::make_error(devlock::Operation::reset_device, to_string(scope.target()),
                                                  EOPNOTSUPP, "an open device resets its own function and no more"));
    }
    return {};
  }
  devlock::Result<void> save(devlock::pci::Address) { return {}; }
  devlock::Result<void> reset(devlock::vfio::ContextFor<devlock::vfio::memory_lock> context, const Scope&)
      DEVLOCK_REQUIRES(context) {
    return device_->reset(context.again());
  }
  devlock::Result<void> restore(devlock::pci::Address) { return {}; }

 private:
  Device* device_;
};

}  // namespace passthrough
