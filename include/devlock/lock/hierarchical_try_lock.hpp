// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// HierarchicalTryLock takes a function, a slot or a bus with everything below: all of it or nothing, and it never waits.
// Bridge first, then what is below, in one top-down order; on contention exactly what was taken is given back, in
// reverse. What was taken is recorded, so that a topology that changes in between cannot unbalance it.
//
//   devlock::HierarchicalTryLock locked{context, topology.scope(ScopeKind::bus, device)};
//   if (!locked) report(locked.contended_at());
//
// If no holder releases during a race and all racers walk the same order, one of them succeeds: the one that is furthest.
// Not checked: that two scopes list common locks in the same order; pci::Topology builds them so.
// Source: pci_bus_trylock, pci_slot_trylock in drivers/pci/pci.c.
#pragma once

#include <cstddef>
#include <span>

#include "devlock/order/context.hpp"
#include "devlock/order/lock_access.hpp"
#include "devlock/order/refused.hpp"

namespace devlock {

/// A set of locks in top-down order, as HierarchicalTryLock wants it.
template <class S>
concept LockScope = requires(const S& scope) {
  typename S::lock_type;
  { scope.locks() } -> std::convertible_to<std::span<typename S::lock_type* const>>;
};

/// How a failed walk gives back what it took: exactly that, the last one first.
struct ReverseRollback {
  template <class Lock>
  static void undo(std::span<Lock* const> locks, std::size_t taken) {
    while (taken != 0) {
      LockAccess::unlock(*locks[--taken]);
    }
  }
};

template <class Permission, class Lock, class Rollback = ReverseRollback>
class HierarchicalTryLock;

template <class Order, class... Elements, class Lock, class Rollback>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY HierarchicalTryLock<Held<Order, Elements...>, Lock, Rollback>
    : public HeldContext<detail::held_with<Held<Order, Elements...>, Lock>> {
 public:
  /// Tries every lock of `scope` once, in order. `scope` must outlive this guard.
  template <class Parent, LockScope Scope>
    requires std::derived_from<Parent, HeldTag<Held<Order, Elements...>>> && std::same_as<typename Scope::lock_type, Lock>
  [[nodiscard]] HierarchicalTryLock(const Parent& parent, const Scope& scope,
                                    validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : locks_(scope.locks()) {
    this->mark.enter(parent.mark, where);
    this->set_newest_instance(parent.newest_instance());
    while (taken_ != locks_.size()) {
      this->mark.template want<Order>(*locks_[taken_], validate::How::try_once, where);
      if (!LockAccess::try_lock(*locks_[taken_])) {
        this->mark.lost(*locks_[taken_]);
        contended_at_ = taken_;
        forget();
        Rollback::undo(locks_, taken_);
        taken_ = 0;
        return;
      }
      this->mark.took(*locks_[taken_]);
      ++taken_;
    }
    owns_ = true;
    instances_.link(parent, *this, locks_);
  }
  ~HierarchicalTryLock() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED { release(); }

  [[nodiscard]] bool owns_lock() const noexcept { return owns_; }
  explicit operator bool() const noexcept { return owns_; }
  /// The place in the scope of the lock that was taken already. Meaningful only after a failure.
  [[nodiscard]] std::size_t contended_at() const noexcept { return contended_at_; }

  /// Gives everything back early, in reverse, and the parent is this thread's context again.
  void release() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    if (owns_) {
      owns_ = false;
      forget();
      ReverseRollback::undo(locks_, taken_);
      taken_ = 0;
    }
    this->mark.leave();
  }

 private:
  void forget() {
    for (std::size_t place = taken_; place != 0; --place) {
      this->mark.gives(*locks_[place - 1]);
    }
  }

  std::span<Lock* const> locks_;
  std::size_t taken_ = 0;
  std::size_t contended_at_ = 0;
  bool owns_ = false;
  DEVLOCK_NO_UNIQUE_ADDRESS detail::InstanceWalk<Lock> instances_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock, class Rollback>
  requires(!detail::permitted<Refusal>)
class HierarchicalTryLock<Refusal, Lock, Rollback> : public detail::Refused<Refusal> {
 public:
  template <class Scope>
  HierarchicalTryLock(const ContextTag&, const Scope&) = delete;
  [[nodiscard]] std::size_t contended_at() const noexcept;
};

template <LockContext Context, LockScope Scope>
HierarchicalTryLock(const Context&, const Scope&)
    -> HierarchicalTryLock<detail::try_verdict<typename Context::held, typename Scope::lock_type>, typename Scope::lock_type>;

}  // namespace devlock
