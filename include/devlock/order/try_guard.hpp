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
// It is a std::unique_lock with try_to_lock, to the instruction. Not checked by the types: trying an instance that this thread
// holds, and loops around a try, which wait in all but name; the validator sees both, and order/retry.hpp is the loop to use.
#pragma once

#include "devlock/order/guard.hpp"

namespace devlock {

template <class Permission, class Lock>
class TryGuard;

/// Tries `Lock` once. Test it before use: `if (guard)`.
template <class Permission, class Lock>
requires detail::permitted<Permission>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY TryGuard<Permission, Lock>
    : public HeldContext<typename detail::guard_set<Permission, Lock>::type>,
      public detail::Grip<detail::operations<Lock>> {
  using Grip = detail::Grip<detail::operations<Lock>>;
  using ParentSet = typename detail::guard_set<Permission, Lock>::parent;
  using Parent = detail::Parent<ParentSet>;

 public:
  /// Takes `lock` if it is free now.
  [[nodiscard]] DEVLOCK_ALWAYS_INLINE TryGuard(const Parent& parent, Lock& lock,
                                               validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED
      : Grip(lock, detail::Take<false>()) {
    try_once(parent, lock, validate::How::try_once, where);
  }
  /// Tries under the nest locks named by `under(...)`, so that more of the class may be waited for under them.
  template <class... Owners>
  [[nodiscard]] TryGuard(const Parent& parent, Lock& lock, Under<Owners...> owners,
                         validate::Where where = validate::Where::current()) DEVLOCK_RELEASES(cap_of(parent))
      DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : Grip(lock, detail::Take<false>()) {
    owners.check(lock, where);
    try_once(parent, lock, validate::How::nested_try, where);
  }
  DEVLOCK_ALWAYS_INLINE ~TryGuard() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    if constexpr (validate::ContextMark::live) {
      leave();
    }
  }

  explicit operator bool() const noexcept { return this->owns_lock(); }
  /// Tells Clang, after the test, that `lock` is held: `guard.owned(group.lock)`. It is named again because Clang does not know that
  /// a guard's pointer is the lock. Until the end of the function; Clang does not see that release() ends it.
  void owned([[maybe_unused]] const Lock& lock) const DEVLOCK_ASSERTS(lock) {
    DEVLOCK_ASSERT(this->owns_lock() && this->operations_part() == &lock,
                   "owned() is said of a lock that this guard does not hold");
  }

  /// Gives the lock back early, if it was taken, and the parent is this thread's context again.
  void release() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    this->mark.remember();
    leave();
  }

 private:
  DEVLOCK_ALWAYS_INLINE void try_once(const Parent& parent, Lock& lock, validate::How how, validate::Where where) {
    if constexpr (detail::followed<typename TryGuard::held>) {
      this->mark.template enter_for<typename ParentSet::order>(parent.mark, lock, how, where);
      if (this->try_take()) {
        instance_.link(parent, *this, lock);
        this->mark.took_first(lock, how);
      } else {
        this->set_newest_instance(parent.newest_instance());
        this->mark.lost(lock);
      }
    } else {
      this->try_take();
    }
  }

  DEVLOCK_ALWAYS_INLINE void leave() {
    if (this->owns_lock()) {
      this->mark.leave_with(*static_cast<Lock*>(this->operations_part()), validate::How::try_once);
      this->give_back();
    } else {
      this->mark.leave();
    }
  }

  DEVLOCK_NO_UNIQUE_ADDRESS detail::InstanceEntry<Lock> instance_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
requires(!detail::permitted<Refusal>) class TryGuard<Refusal, Lock> : public detail::Refused<Refusal> {
 public:
  TryGuard(const ContextTag&, Lock&) = delete;
  template <class More>
  TryGuard(const ContextTag&, Lock&, More) = delete;
};

template <LockContext Context, class Lock>
TryGuard(const Context&, Lock&) -> TryGuard<detail::try_verdict<typename Context::held, Lock>, Lock>;
template <LockContext Context, class Lock, class... Owners>
TryGuard(const Context&, Lock&, Under<Owners...>)
    -> TryGuard<detail::nest_try_verdict<typename Context::held, Lock, Owners...>, Lock>;

}  // namespace devlock
