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

namespace detail {
template <class Lock>
struct operations_of {
  using type = Lock;
};
template <class Lock>
requires requires {
  typename Lock::operations;
}
struct operations_of<Lock> {
  using type = typename Lock::operations;
};
/// The part of a lock that has its operations: a base that it names `operations`, or the lock itself.
template <class Lock>
using operations = typename operations_of<Lock>::type;
}  // namespace detail

/// Befriend this in a lock of your own: `friend class devlock::LockAccess;`. Out of Clang's sight, because a lock may be annotated
/// itself and is taken here to be given back elsewhere.
class LockAccess {
 public:
  template <class Lock>
  DEVLOCK_ALWAYS_INLINE static void lock(Lock& lock) DEVLOCK_UNANALYSED {
    static_cast<detail::operations<Lock>&>(lock).lock();
  }
  template <class Lock>
  [[nodiscard]] DEVLOCK_ALWAYS_INLINE static bool try_lock(Lock& lock) DEVLOCK_UNANALYSED {
    return static_cast<detail::operations<Lock>&>(lock).try_lock();
  }
  template <class Lock>
  DEVLOCK_ALWAYS_INLINE static void unlock(Lock& lock) DEVLOCK_UNANALYSED {
    static_cast<detail::operations<Lock>&>(lock).unlock();
  }
  /// Waits for one part of a lock of several classes, that of its class number I. It has a member `lock_part<I>()`.
  template <std::size_t I, class Lock>
  static void lock_part(Lock& lock) DEVLOCK_UNANALYSED {
    lock.template lock_part<I>();
  }
  /// After a try that failed: sleeps until another one may succeed. For a lock of which a scope is waited for as a whole.
  template <class Lock>
  static void sleep_until_changed(Lock& lock) DEVLOCK_UNANALYSED {
    static_cast<detail::operations<Lock>&>(lock).sleep_until_changed();
  }
  template <class Lock>
  static void lock_shared(Lock& lock) DEVLOCK_UNANALYSED {
    static_cast<detail::operations<Lock>&>(lock).lock_shared();
  }
  template <class Lock>
  [[nodiscard]] static bool try_lock_shared(Lock& lock) DEVLOCK_UNANALYSED {
    return static_cast<detail::operations<Lock>&>(lock).try_lock_shared();
  }
  template <class Lock>
  static void unlock_shared(Lock& lock) DEVLOCK_UNANALYSED {
    static_cast<detail::operations<Lock>&>(lock).unlock_shared();
  }
};

}  // namespace devlock
