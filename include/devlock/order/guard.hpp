// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Guard waits for a lock and is itself the context of what is taken under it.
//
//   devlock::ThreadContext<VfioOrder> root;
//   devlock::Guard group{root, group.lock};
//   devlock::Guard kvm{group, vm.lock};        // compiles: group_lock precedes kvm_lock
//
// It compiles only if every class held strictly precedes the lock's. It is a std::lock_guard, to the instruction.
// Not checked by the types alone: that the parent is the newest guard of this thread; release of a parent before its child.
#pragma once

#include "devlock/order/context.hpp"
#include "devlock/order/lock_access.hpp"

namespace devlock {

template <class Permission, class Lock>
class Guard;

/// Holds `Lock` from construction to destruction or release(), whichever is first.
/// `Order, Elements...` is what the parent may hold; deduced.
template <class Order, class... Elements, class Lock>
class [[nodiscard]] Guard<Held<Order, Elements...>, Lock>
    : public HeldContext<detail::held_with<Held<Order, Elements...>, Lock>> {
 public:
  /// Waits until `lock` is free and takes it.
  Guard(const HeldTag<Held<Order, Elements...>>& parent, Lock& lock) : lock_(&lock) {
    (void)parent;
    LockAccess::lock(lock);
    owns_ = true;
  }
  ~Guard() {
    if (owns_) {
      LockAccess::unlock(*lock_);
    }
  }

  /// Gives the lock back early. There is no relock, and the guard stays a context of the same set.
  void release() {
    if (!owns_) {
      return;
    }
    LockAccess::unlock(*lock_);
    owns_ = false;
  }
  [[nodiscard]] bool owns_lock() const noexcept { return owns_; }

 private:
  Lock* lock_;
  bool owns_ = false;  // a flag, as in std::unique_lock: with a null pointer for it, clang compiles release() differently
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
  requires(!detail::permitted<Refusal>)
class Guard<Refusal, Lock> {
 public:
  template <class Context>
  Guard(const Context&, Lock&) = delete;
};

template <LockContext Context, ClassifiedLock Lock>
Guard(const Context&, Lock&) -> Guard<detail::wait_verdict<typename Context::held, Lock>, Lock>;

}  // namespace devlock
