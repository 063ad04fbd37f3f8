// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// DeviceLock is a function's device_lock and its config-access block, taken in that order and given back in reverse, as
// pci_dev_lock does. They stay two classes: memory_lock lies between them, so one merged class would be cyclic.
//
//   devlock::Guard both{root, device.lock};            // device_lock, then config_access
//   devlock::Guard bind{root, device.lock.device()};   // device_lock alone, as bind and unbind take it
//
// A device also has a life: live, revoking once its unplug is asked for, gone. The lock says it; who acts on it is the caller.
// Not checked: that the life is looked at while the lock is held.
#pragma once

#include "devlock/lock/config_access.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/vfio/lock_classes.hpp"

namespace devlock {

/// What a device is to its users. Revoking: an unplug was asked for, and the kernel may hold its device_lock until the last
/// descriptor closes; nothing that takes that lock may be started. Gone: the device is no longer there.
enum class DeviceLife : unsigned { live, revoking, gone };

template <Sync S, LockClass DeviceClass = vfio::device_lock, LockClass ConfigClass = vfio::config_access>
class DeviceLock {
 public:
  using lock_classes = ClassList<DeviceClass, ConfigClass>;
  using DevicePart = Ordered<DeviceClass, typename S::mutex>;
  using ConfigPart = Ordered<ConfigClass, ConfigAccess<S>>;

  DeviceLock() = default;
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;

  /// device_lock alone.
  [[nodiscard]] DevicePart& device() noexcept { return device_; }
  /// The config-access block alone.
  [[nodiscard]] ConfigPart& config() noexcept { return config_; }

  [[nodiscard]] DeviceLife life() const {
    return static_cast<DeviceLife>(life_.load(std::memory_order_acquire));  // pairs with the writes of life_ below
  }
  /// An unplug was asked for. False if the device was revoked or gone before.
  bool revoke() {
    unsigned expected = static_cast<unsigned>(DeviceLife::live);
    return life_.compare_exchange_strong(expected, static_cast<unsigned>(DeviceLife::revoking),
                                         std::memory_order_acq_rel);  // pairs with the load in life()
  }
  /// The device left.
  void mark_gone() {
    life_.store(static_cast<unsigned>(DeviceLife::gone), std::memory_order_release);  // pairs with life()
  }
  /// The device is bound again after a revocation that ended.
  void revive() {
    life_.store(static_cast<unsigned>(DeviceLife::live), std::memory_order_release);  // pairs with life()
  }

  DEVLOCK_NO_UNIQUE_ADDRESS validate::LockMark mark;

 private:
  friend class LockAccess;
  void lock() {
    LockAccess::lock(device_);
    LockAccess::lock(config_);
  }
  template <std::size_t I>
  void lock_part() {
    if constexpr (I == 0) {
      LockAccess::lock(device_);
    } else {
      LockAccess::lock(config_);
    }
  }
  [[nodiscard]] bool try_lock() {
    if (!LockAccess::try_lock(device_)) {
      return false;
    }
    if (!LockAccess::try_lock(config_)) {
      LockAccess::unlock(device_);
      return false;
    }
    return true;
  }
  void unlock() {
    LockAccess::unlock(config_);
    LockAccess::unlock(device_);
  }

  DevicePart device_;
  ConfigPart config_;
  typename S::template atomic<unsigned> life_{static_cast<unsigned>(DeviceLife::live)};
};

}  // namespace devlock
