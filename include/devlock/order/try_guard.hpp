// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// TryGuard never waits, so it compiles in any order. On success its class joins the held set like any other, and the next
// Guard is checked against all of them. On failure nothing was taken, and the guard is still a correct, narrower context.
//
//   devlock::Guard kvm{root, vm.lock};
//   devlock::TryGuard group{kvm, group.lock};   // compiles although group_lock precedes kvm_lock
//   if (!group) return contended();
//
// It is a std::unique_lock with try_to_lock, to the instruction. Not checked: trying an instance that this thread holds,
// and loops around a try, which wait in all but name.
#pragma once

#include "devlock/order/context.hpp"
#include "devlock/order/lock_access.hpp"

namespace devlock {

template <class Permission, class Lock>
class TryGuard;

/// Tries `Lock` once. Test it before use: `if (guard)`.
template <class Order, class... Elements, class Lock>
class [[nodiscard]] TryGuard<Held<Order, Elements...>, Lock>
    : public HeldContext<detail::held_with<Held<Order, Elements...>, Lock>> {
 public:
  /// Takes `lock` if it is free now.
  TryGuard(const HeldTag<Held<Order, Elements...>>& parent, Lock& lock)
      : lock_(&lock), owns_(LockAccess::try_lock(lock)) {
    (void)parent;
  }
  ~TryGuard() {
    if (owns_) {
      LockAccess::unlock(*lock_);
    }
  }

  [[nodiscard]] bool owns_lock() const noexcept { return owns_; }
  explicit operator bool() const noexcept { return owns_; }

  /// Gives the lock back early, if it was taken.
  void release() {
    if (!owns_) {
      return;
    }
    LockAccess::unlock(*lock_);
    owns_ = false;
  }

 private:
  Lock* lock_;
  bool owns_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
  requires(!detail::permitted<Refusal>)
class TryGuard<Refusal, Lock> {
 public:
  template <class Context>
  TryGuard(const Context&, Lock&) = delete;
};

template <LockContext Context, ClassifiedLock Lock>
TryGuard(const Context&, Lock&) -> TryGuard<detail::try_verdict<typename Context::held, Lock>, Lock>;

}  // namespace devlock
