// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The part of a guard that knows the lock and not the order: take it, give it back, say whether it is held. It is one type for
// each kind of mutex, not for each held set, and so most of a guard is compiled once.
//
// A lock names that part as `operations`, a base of its own with lock, try_lock and unlock; without the name it is the lock
// itself. Not here: the rules, the validator and the lifetime of a context.
#pragma once

#include "devlock/order/lock_access.hpp"

namespace devlock::detail {

/// Says whether a grip takes its lock in its constructor, or later by take().
template <bool AtOnce>
struct Take {};

/// Holds a lock, or does not yet, or no more; gives it back at its end.
template <class Operations>
class Grip {
 public:
  [[nodiscard]] DEVLOCK_ALWAYS_INLINE bool owns_lock() const noexcept { return owns_; }

 protected:
  DEVLOCK_ALWAYS_INLINE Grip(Operations& lock, Take<true>) : lock_(&lock) { take(); }
  DEVLOCK_ALWAYS_INLINE Grip(Operations& lock, Take<false>) noexcept : lock_(&lock) {}
  Grip(const Grip&) = delete;
  DEVLOCK_ALWAYS_INLINE ~Grip() {
    if (owns_) {
      LockAccess::unlock(*lock_);
    }
  }

  DEVLOCK_ALWAYS_INLINE void take() {
    LockAccess::lock(*lock_);
    owns_ = true;
  }
  DEVLOCK_ALWAYS_INLINE bool try_take() {
    owns_ = LockAccess::try_lock(*lock_);
    return owns_;
  }
  /// Somebody else took it for this thread.
  DEVLOCK_ALWAYS_INLINE void adopt() noexcept { owns_ = true; }
  DEVLOCK_ALWAYS_INLINE void give_back() {
    LockAccess::unlock(*lock_);
    owns_ = false;
  }
  DEVLOCK_ALWAYS_INLINE Operations* operations_part() const noexcept { return lock_; }

 private:
  Operations* lock_;
  bool owns_ =
      false;  // a flag, as in std::unique_lock: with a null pointer for it, clang compiles release() differently
};

}  // namespace devlock::detail
