// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// SharedGuard and SharedTryGuard take a lock as a reader. A reader is ordered exactly like a writer: a queued writer blocks later
// readers, so read-read cycles deadlock, and waiting for a second lock of one class as a reader is refused.
//
//   devlock::Ordered<bus_list, std::shared_mutex> list;
//   devlock::SharedGuard walk{context, list};
//
// Not checked by the types: what Guard does not check.
#pragma once

#include "devlock/order/guard.hpp"

namespace devlock {

namespace detail {
// The text of both shared guards; `Waits` is the difference.
template <class HeldSet, class Lock, bool Waits>
class DEVLOCK_SCOPED_CAPABILITY SharedHold : public HeldContext<held_with_shared<HeldSet, Lock>> {
 public:
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<HeldSet>>
  SharedHold(const Parent& parent, Lock& lock, validate::Where where)
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : lock_(&lock) {
    this->mark.template enter_for<typename HeldSet::order>(parent.mark, lock, how, where);
    this->set_newest_instance(parent.newest_instance());
    if constexpr (Waits) {
      LockAccess::lock_shared(lock);
      owns_ = true;
    } else {
      owns_ = LockAccess::try_lock_shared(lock);
    }
    if (owns_) {
      this->mark.took_first(lock, how);
    } else {
      this->mark.lost(lock);
    }
  }
  ~SharedHold() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED { release(); }

  [[nodiscard]] bool owns_lock() const noexcept { return owns_; }
  /// The lock, held or released.
  [[nodiscard]] Lock* mutex() const noexcept { return lock_; }
  /// Gives the lock back early, and the parent is this thread's context again.
  void release() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    this->mark.remember();
    if (owns_) {
      this->mark.leave_with(*lock_, how);
      LockAccess::unlock_shared(*lock_);
      owns_ = false;
    } else {
      this->mark.leave();
    }
  }

 private:
  static constexpr validate::How how = Waits ? validate::How::shared_wait : validate::How::shared_try;

  Lock* lock_;
  bool owns_ = false;
};
}  // namespace detail

template <class Permission, class Lock>
class SharedGuard;
template <class Permission, class Lock>
class SharedTryGuard;

/// Waits for the lock as a reader.
template <class Permission, class Lock>
  requires detail::permitted<Permission>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY SharedGuard<Permission, Lock>
    : public detail::SharedHold<Permission, Lock, true> {
 public:
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<Permission>>
  [[nodiscard]] SharedGuard(const Parent& parent, Lock& lock, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_ACQUIRES_SHARED(lock) DEVLOCK_UNANALYSED
      : detail::SharedHold<Permission, Lock, true>(parent, lock, where) {
    // Who writes the type of a guard out does not get around the rules.
    static_assert(detail::permitted<detail::wait_verdict<Permission, Lock, detail::Mode::shared>>,
                  "devlock: this lock may not be waited for under this context; let the guard deduce its type");
  }
  ~SharedGuard() DEVLOCK_RELEASES_ANY() DEVLOCK_UNANALYSED {}
};

/// Tries the lock as a reader. Test it before use.
template <class Permission, class Lock>
  requires detail::permitted<Permission>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY SharedTryGuard<Permission, Lock>
    : public detail::SharedHold<Permission, Lock, false> {
 public:
  template <class Parent>
    requires std::derived_from<Parent, HeldTag<Permission>>
  [[nodiscard]] SharedTryGuard(const Parent& parent, Lock& lock, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED
      : detail::SharedHold<Permission, Lock, false>(parent, lock, where) {}
  ~SharedTryGuard() DEVLOCK_RELEASES_ANY() DEVLOCK_UNANALYSED {}
  explicit operator bool() const noexcept { return this->owns_lock(); }
  /// Tells Clang, after the test, that `lock` is held as a reader. See TryGuard.
  void owned([[maybe_unused]] const Lock& lock) const DEVLOCK_ASSERTS_SHARED(lock) {
    DEVLOCK_ASSERT(this->owns_lock() && this->mutex() == &lock, "owned() is said of a lock that this guard does not hold");
  }
};

// Refusals: the name of the type is the message.
template <class Refusal, class Lock>
  requires(!detail::permitted<Refusal>)
class SharedGuard<Refusal, Lock> : public detail::Refused<Refusal> {
 public:
  SharedGuard(const ContextTag&, Lock&) = delete;
};
template <class Refusal, class Lock>
  requires(!detail::permitted<Refusal>)
class SharedTryGuard<Refusal, Lock> : public detail::Refused<Refusal> {
 public:
  SharedTryGuard(const ContextTag&, Lock&) = delete;
};

template <LockContext Context, class Lock>
SharedGuard(const Context&, Lock&)
    -> SharedGuard<detail::wait_verdict<typename Context::held, Lock, detail::Mode::shared>, Lock>;
template <LockContext Context, class Lock>
SharedTryGuard(const Context&, Lock&) -> SharedTryGuard<detail::try_verdict<typename Context::held, Lock>, Lock>;

}  // namespace devlock
