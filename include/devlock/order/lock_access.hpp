// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The one door to a lock's own operations. Locks under the order keep lock, try_lock and unlock private and befriend this
// class; guards go through it. So a bare `lock()` past the order is a compile error, and a search for LockAccess
// finds every place that could do it.
#pragma once

#include <concepts>
#include <cstddef>

#include "devlock/config.hpp"

namespace devlock {

/// Befriend this in a lock of your own: `friend class devlock::LockAccess;`. Out of Clang's sight, because a lock may be annotated
/// itself and is taken here to be given back elsewhere.
class LockAccess {
 public:
  template <class Lock>
  static void lock(Lock& lock) DEVLOCK_UNANALYSED {
    lock.lock();
  }
  template <class Lock>
  [[nodiscard]] static bool try_lock(Lock& lock) DEVLOCK_UNANALYSED {
    return lock.try_lock();
  }
  template <class Lock>
  static void unlock(Lock& lock) DEVLOCK_UNANALYSED {
    lock.unlock();
  }
  /// Waits for one part of a lock of several classes, that of its class number I. It has a member `lock_part<I>()`.
  template <std::size_t I, class Lock>
  static void lock_part(Lock& lock) DEVLOCK_UNANALYSED {
    lock.template lock_part<I>();
  }
  template <class Lock>
  static void lock_shared(Lock& lock) DEVLOCK_UNANALYSED {
    lock.lock_shared();
  }
  template <class Lock>
  [[nodiscard]] static bool try_lock_shared(Lock& lock) DEVLOCK_UNANALYSED {
    return lock.try_lock_shared();
  }
  template <class Lock>
  static void unlock_shared(Lock& lock) DEVLOCK_UNANALYSED {
    lock.unlock_shared();
  }
};

}  // namespace devlock
