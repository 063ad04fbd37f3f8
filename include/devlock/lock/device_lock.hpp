// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// DeviceLock is a function's device_lock and its config-access block, taken in that order and given back in reverse, as
// pci_dev_lock does. They stay two classes: memory_lock lies between them, so one merged class would be cyclic.
//
//   devlock::Guard both{root, device.lock};            // device_lock, then config_access
//   devlock::Guard bind{root, device.lock.device()};   // device_lock alone, as bind and unbind take it
//
// Both are in one word of four bytes, so a device is tried by one atomic operation, and given back by one; see device_word.hpp for who is
// woken. A device also has a life: live, revoking once its unplug is asked for, gone. The lock says it; who acts on it is the caller.
// Neighbours of a device share its cache line: put CacheLine around it where threads contend, see cache_line.hpp.
// Not checked: that the life is looked at while the lock is held. A config-access block has no owner: whoever set it may have
// somebody else give it back, and taking it twice waits for itself.
// Source: pci_dev_lock, pci_dev_trylock in drivers/pci/pci.c, pci_cfg_access_lock in drivers/pci/access.c.
#pragma once

#include <type_traits>

#include "devlock/lock/device_pair.hpp"
#include "devlock/lock/device_word.hpp"
#include "devlock/order/lock_access.hpp"
#include "devlock/order/lock_class.hpp"
#include "devlock/validate/mark.hpp"
#include "devlock/vfio/lock_classes.hpp"

namespace devlock {

namespace detail {
// Both in one word, unless the policy says that its mutex is wanted.
template <class S>
inline constexpr bool device_lock_has_mutex = requires { requires S::device_lock_has_mutex; };
}  // namespace detail

/// One of the two locks of a `Device`, for guards that take it alone. It is a base of the device and takes no room.
template <class Device, LockClass Class, DeviceParts part>
class DEVLOCK_CAPABILITY("mutex") DevicePart {
 public:
  using lock_class = Class;

  DevicePart(const DevicePart&) = delete;
  DevicePart& operator=(const DevicePart&) = delete;
  /// The mutex or the block itself, if the policy has them apart. What is done with it is outside the order.
  template <class Complete = Device>
  requires(Complete::has_mutex) [[nodiscard]] auto& native() noexcept {
    return device().locks_.template native<part>();
  }

  DEVLOCK_NO_UNIQUE_ADDRESS validate::LockMark mark;

 private:
  friend Device;
  friend class LockAccess;
  DevicePart() = default;
  ~DevicePart() = default;
  Device& device() noexcept { return static_cast<Device&>(*this); }
  void lock() { device().locks_.lock(part); }
  [[nodiscard]] bool try_lock() { return device().locks_.try_lock(part); }
  void unlock() { device().locks_.unlock(part); }
};

/// What a device is to its users. Revoking: an unplug was asked for, and the kernel may hold its device_lock until the last
/// descriptor closes; nothing that takes that lock may be started. Gone: the device is no longer there.
enum class DeviceLife : unsigned { live, revoking, gone };

template <Sync S, LockClass DeviceClass = vfio::device_lock, LockClass ConfigClass = vfio::config_access>
class DeviceLock
    : private DevicePart<DeviceLock<S, DeviceClass, ConfigClass>, DeviceClass, DeviceParts::device>,
      private DevicePart<DeviceLock<S, DeviceClass, ConfigClass>, ConfigClass, DeviceParts::config> {
 public:
  using lock_classes = ClassList<DeviceClass, ConfigClass>;
  using DevicePart = devlock::DevicePart<DeviceLock, DeviceClass, DeviceParts::device>;
  using ConfigPart = devlock::DevicePart<DeviceLock, ConfigClass, DeviceParts::config>;
  /// Whether it is made of a mutex of the policy, and a word for config access.
  static constexpr bool has_mutex = detail::device_lock_has_mutex<S>;

  DeviceLock() = default;
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;

  /// device_lock alone.
  [[nodiscard]] DevicePart& device() noexcept { return *this; }
  /// The config-access block alone.
  [[nodiscard]] ConfigPart& config() noexcept { return *this; }

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
  friend DevicePart;
  friend ConfigPart;
  void lock() { locks_.lock(DeviceParts::both); }
  template <std::size_t I>
  void lock_part() {
    locks_.lock(I == 0 ? DeviceParts::device : DeviceParts::config);
  }
  [[nodiscard]] bool try_lock() { return locks_.try_lock(DeviceParts::both); }
  void unlock() { locks_.unlock(DeviceParts::both); }

  std::conditional_t<has_mutex, DevicePair<S>, DeviceWord<S>> locks_;
  typename S::template atomic<unsigned> life_{static_cast<unsigned>(DeviceLife::live)};
};

}  // namespace devlock
