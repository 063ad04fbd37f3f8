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

// First, because a message begins with the way to the header that it is about.
#include "devlock/order/malformed.hpp"

#include "devlock/order/context.hpp"
#include "devlock/order/grip.hpp"
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
template <class Permission, class Classes>
struct guard_set_of;
template <class Order, class... Elements, class... C>
struct guard_set_of<Held<Order, Elements...>, ClassList<C...>> {
  using parent = Held<Order, Elements...>;
  using type = Held<Order, Elements..., C...>;
};
template <class Order, class... Elements, class Owner, class... C>
struct guard_set_of<UnderNest<Held<Order, Elements...>, Owner>, ClassList<C...>> {
  using parent = Held<Order, Elements...>;
  using type = Held<Order, Elements..., Nested<C, Owner>...>;
};
template <class Permission, class Lock>
using guard_set = guard_set_of<Permission, classes_of<Lock>>;

// True if something beside the lock itself follows what a guard with this set does.
template <class HeldSet>
inline constexpr bool followed = validate::ContextMark::live || holds_keyed<HeldSet>;
}  // namespace detail

/// Holds `Lock` from construction to destruction or release(), whichever is first.
template <class Permission, class Lock>
requires detail::permitted<Permission>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY Guard<Permission, Lock>
    : public HeldContext<typename detail::guard_set<Permission, Lock>::type>,
      public detail::Grip<detail::operations<Lock>> {
  using Grip = detail::Grip<detail::operations<Lock>>;
  using ParentSet = typename detail::guard_set<Permission, Lock>::parent;
  using Parent = detail::Parent<ParentSet>;

 public:
  /// Waits until `lock` is free and takes it.
  [[nodiscard]] DEVLOCK_ALWAYS_INLINE Guard(const Parent& parent, Lock& lock,
                                            validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(lock, this->entered) DEVLOCK_UNANALYSED
      : Grip(lock, detail::Take<!detail::followed<typename Guard::held>>()) {
    static_assert(detail::permitted<detail::wait_verdict<ParentSet, Lock>>,
                  "devlock: this lock may not be waited for under this context; let the guard deduce its type");
    if constexpr (detail::followed<typename Guard::held>) {
      before(parent, lock, validate::How::wait, where);
      this->take();
      after(parent, lock, validate::How::wait);
    }
  }
  /// Waits under the nest locks named by `under(...)`.
  template <class... Owners>
  [[nodiscard]] Guard(const Parent& parent, Lock& lock, Under<Owners...> owners,
                      validate::Where where = validate::Where::current()) DEVLOCK_RELEASES(cap_of(parent))
      DEVLOCK_ACQUIRES(lock, this->entered) DEVLOCK_UNANALYSED : Grip(lock, detail::Take<false>()) {
    static_assert(detail::permitted<detail::nest_wait_verdict<ParentSet, Lock, Owners...>>,
                  "devlock: this lock may not be waited for under this context; let the guard deduce its type");
    owners.check(lock, where);
    before(parent, lock, validate::How::nested_wait, where);
    this->take();
    after(parent, lock, validate::How::nested_wait);
  }
  /// Takes over a lock that this thread holds already.
  [[nodiscard]] Guard(const Parent& parent, Lock& lock, Adopt, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(lock, this->entered) DEVLOCK_UNANALYSED
      : Grip(lock, detail::Take<false>()) {
    enter(parent, lock, validate::How::adopt, where);
    this->adopt();
    after(parent, lock, validate::How::adopt);
  }
  /// A guard whose type was written by hand, under a context that holds something else: the last argument says what.
  template <class Actual, class Refusal = guard_under_another_context<ParentSet, Actual>>
  Guard(const HeldTag<Actual>&, Lock&) = delete;
  Guard(const Guard&) = delete;
  DEVLOCK_ALWAYS_INLINE ~Guard() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    if constexpr (validate::ContextMark::live) {
      if (this->owns_lock()) {
        leave();
      }
    }
  }

  /// Gives the lock back early, and the parent is this thread's context again. There is no relock.
  void release() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    if (!this->owns_lock()) {
      return;
    }
    this->mark.remember();
    leave();
  }
  /// The lock, held or released.
  [[nodiscard]] Lock* mutex() const noexcept { return static_cast<Lock*>(this->operations_part()); }

 private:
  DEVLOCK_ALWAYS_INLINE void enter(const Parent& parent, Lock& lock, validate::How how, validate::Where where) {
    this->mark.template enter_for<typename ParentSet::order>(parent.mark, lock, how, where);
  }
  DEVLOCK_ALWAYS_INLINE void before(const Parent& parent, Lock& lock, validate::How how, validate::Where where) {
    enter(parent, lock, how, where);
    DEVLOCK_ASSERT(instance_.follows(parent.newest_instance(), lock),
                   "a lock's instance key must be greater than those of all held instances of its class");
  }
  DEVLOCK_ALWAYS_INLINE void after(const Parent& parent, Lock& lock, validate::How how) {
    instance_.link(parent, *this, lock);
    this->mark.took_first(lock, how);
  }
  DEVLOCK_ALWAYS_INLINE void leave() {
    this->mark.leave_with(*mutex(), validate::How::wait);
    this->give_back();
  }

  DEVLOCK_NO_UNIQUE_ADDRESS detail::InstanceEntry<Lock> instance_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
requires(!detail::permitted<Refusal>) class Guard<Refusal, Lock> : public detail::Refused<Refusal> {
 public:
  Guard(const ContextTag&, Lock&) = delete;
  template <class More>
  Guard(const ContextTag&, Lock&, More) = delete;
};

template <LockContext Context, class Lock>
Guard(const Context&, Lock&) -> Guard<detail::wait_verdict<typename Context::held, Lock>, Lock>;
template <LockContext Context, class Lock, class... Owners>
Guard(const Context&, Lock&, Under<Owners...>)
    -> Guard<detail::nest_wait_verdict<typename Context::held, Lock, Owners...>, Lock>;
template <LockContext Context, class Lock>
Guard(const Context&, Lock&, Adopt) -> Guard<detail::try_verdict<typename Context::held, Lock>, Lock>;

}  // namespace devlock
