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
// Not checked by the types alone: that the parent is the newest context of this thread, and the release of a parent before its
// child. Clang and the validator see both. A guard is not handed to another thread: while it is on its way nobody holds the lock,
// and what the receiver waits for first may be waiting for it.
#pragma once

#include "devlock/order/context.hpp"
#include "devlock/order/lock_access.hpp"
#include "devlock/order/nest.hpp"
#include "devlock/order/refused.hpp"

namespace devlock {

/// `Guard{context, lock, adopt}`: this thread has taken the lock by other means; the guard will give it back. It does
/// not wait, so it compiles in any order, and it joins the held set like any other.
struct Adopt {};
inline constexpr Adopt adopt{};

/// The set that a guard's type says was held, and the one of the context that it was given.
template <class Expected, class Actual>
struct guard_under_another_context {};

template <class Permission, class Lock>
class Guard;

namespace detail {
// The set that a guard is the context of: the parent's and the lock's classes, plain or under a nest lock.
template <class Permission, class Lock>
struct guard_set;
template <class Order, class... Elements, class Lock>
struct guard_set<Held<Order, Elements...>, Lock> {
  using parent = Held<Order, Elements...>;
  using type = held_with<parent, Lock>;
};
template <class HeldSet, class Owner, class Lock>
struct guard_set<UnderNest<HeldSet, Owner>, Lock> {
  using parent = HeldSet;
  using type = held_with_nested<HeldSet, Lock, Owner>;
};
}  // namespace detail

/// Holds `Lock` from construction to destruction or release(), whichever is first.
template <class Permission, class Lock>
  requires detail::permitted<Permission>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY Guard<Permission, Lock>
    : public HeldContext<typename detail::guard_set<Permission, Lock>::type> {
  using ParentSet = typename detail::guard_set<Permission, Lock>::parent;

 public:
  /// Waits until `lock` is free and takes it.
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<ParentSet>>
  Guard(const Parent& parent, Lock& lock, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(lock, this->entered) DEVLOCK_UNANALYSED : lock_(&lock) {
    wait(parent, lock, validate::How::wait, where);
  }
  /// Waits under the nest locks named by `under(...)`.
  template <class Parent, class... Owners>
    requires std::derived_from<Parent, HeldTag<ParentSet>>
  Guard(const Parent& parent, Lock& lock, Under<Owners...> owners, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(lock, this->entered) DEVLOCK_UNANALYSED : lock_(&lock) {
    owners.check(lock, where);
    wait(parent, lock, validate::How::nested_wait, where);
  }
  /// Takes over a lock that this thread holds already.
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<ParentSet>>
  Guard(const Parent& parent, Lock& lock, Adopt, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(lock, this->entered) DEVLOCK_UNANALYSED : lock_(&lock) {
    this->mark.enter(parent.mark, where);
    this->mark.template want<typename ParentSet::order>(lock, validate::How::adopt, where);
    owns_ = true;
    instance_.link(parent, *this, lock);
    this->mark.took(lock);
  }
  /// A guard whose type was written by hand, under a context that holds something else: the last argument says what.
  template <class Actual, class Refusal = guard_under_another_context<ParentSet, Actual>>
  Guard(const HeldTag<Actual>&, Lock&) = delete;
  Guard(const Guard&) = delete;
  ~Guard() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    if (owns_) {
      give_back();
    }
  }

  /// Gives the lock back early, and the parent is this thread's context again. There is no relock.
  void release() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    if (!owns_) {
      return;
    }
    give_back();
    owns_ = false;
  }
  [[nodiscard]] bool owns_lock() const noexcept { return owns_; }
  /// The lock, held or released.
  [[nodiscard]] Lock* mutex() const noexcept { return lock_; }

 private:
  template <class Parent>
  void wait(const Parent& parent, Lock& lock, validate::How how, validate::Where where) {
    this->mark.enter(parent.mark, where);
    this->mark.template want<typename ParentSet::order>(lock, how, where);
    DEVLOCK_ASSERT(instance_.follows(parent.newest_instance(), lock),
                   "a lock's instance key must be greater than those of all held instances of its class");
    LockAccess::lock(lock);
    owns_ = true;
    instance_.link(parent, *this, lock);
    this->mark.took(lock);
  }
  void give_back() {
    this->mark.gives(*lock_);
    LockAccess::unlock(*lock_);
    this->mark.leave();
  }

  Lock* lock_;
  bool owns_ = false;  // a flag, as in std::unique_lock: with a null pointer for it, clang compiles release() differently
  DEVLOCK_NO_UNIQUE_ADDRESS detail::InstanceEntry<Lock> instance_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
  requires(!detail::permitted<Refusal>)
class Guard<Refusal, Lock> : public detail::Refused<Refusal> {
 public:
  Guard(const ContextTag&, Lock&) = delete;
  template <class More>
  Guard(const ContextTag&, Lock&, More) = delete;
};

template <LockContext Context, ClassifiedLock Lock>
Guard(const Context&, Lock&) -> Guard<detail::wait_verdict<typename Context::held, Lock>, Lock>;
template <LockContext Context, ClassifiedLock Lock, class... Owners>
Guard(const Context&, Lock&, Under<Owners...>)
    -> Guard<detail::nest_wait_verdict<typename Context::held, Lock, Owners...>, Lock>;
template <LockContext Context, ClassifiedLock Lock>
Guard(const Context&, Lock&, Adopt) -> Guard<detail::try_verdict<typename Context::held, Lock>, Lock>;

}  // namespace devlock
