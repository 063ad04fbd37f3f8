// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The one door to a lock's own operations. Locks under the order keep lock, try_lock and unlock private and befriend this
// class; guards go through it. So a bare `lock()` past the order is a compile error, and a search for LockAccess
// finds every place that could do it.
#pragma once

#include <concepts>
#include <cstddef>

namespace devlock {

/// Befriend this in a lock of your own: `friend class devlock::LockAccess;`.
class LockAccess {
 public:
  template <class Lock>
  static void lock(Lock& lock) {
    lock.lock();
  }
  template <class Lock>
  [[nodiscard]] static bool try_lock(Lock& lock) {
    return lock.try_lock();
  }
  template <class Lock>
  static void unlock(Lock& lock) {
    lock.unlock();
  }
  /// Waits for one part of a lock of several classes, that of its class number I. It has a member `lock_part<I>()`.
  template <std::size_t I, class Lock>
  static void lock_part(Lock& lock) {
    lock.template lock_part<I>();
  }
  template <class Lock>
  static void lock_shared(Lock& lock) {
    lock.lock_shared();
  }
  template <class Lock>
  [[nodiscard]] static bool try_lock_shared(Lock& lock) {
    return lock.try_lock_shared();
  }
  template <class Lock>
  static void unlock_shared(Lock& lock) {
    lock.unlock_shared();
  }
};

}  // namespace devlock
