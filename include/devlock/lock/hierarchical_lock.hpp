// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// HierarchicalLock waits for a whole scope, bridge first. Several instances of one class may be waited for here because all
// who do it walk one top-down order; towards every other class it is a Guard and compiles where a Guard would.
// Locks of several classes are taken class by class: every device_lock of a DeviceLock scope, then every config-access block. Taken
// device by device, the block of a bridge would be held while a child's device_lock is waited for, whose holder may wait for
// that block. The keys of a keyed class rise along the walk, which is checked; a class with a nest owner is not walked.
// Locks of an intention tree are taken by tries; while this sleeps it holds none of them.
// Not checked: that two scopes list common locks in the same order; pci::Topology builds them so.
// Source: pci_bus_lock, pci_reset_function in drivers/pci/pci.c.
#pragma once

#include "devlock/lock/hierarchical_try_lock.hpp"

namespace devlock {

/// A walk over locks which the holder of their nest lock takes in any order.
template <class Asked, class HeldSet>
struct walk_over_a_nest {};

namespace detail {
template <class HeldSet, class Classes>
struct nest_walked {
  using type = void;
};
template <class HeldSet, class First, class... Rest>
struct nest_walked<HeldSet, ClassList<First, Rest...>> {
  using type = std::conditional_t<nested_class<First>, walk_over_a_nest<First, HeldSet>,
                                  typename nest_walked<HeldSet, ClassList<Rest...>>::type>;
};
/// HeldSet if a thread with it may walk over locks of type L, else the refusal.
template <class HeldSet, class L>
using walk_verdict = std::conditional_t<std::is_void_v<typename nest_walked<HeldSet, classes_of<L>>::type>,
                                        wait_verdict<HeldSet, L>, typename nest_walked<HeldSet, classes_of<L>>::type>;

template <class Classes>
inline constexpr std::size_t class_count = 0;
template <class... C>
inline constexpr std::size_t class_count<ClassList<C...>> = sizeof...(C);

/// A lock of which a scope is taken by tries, from the start again after each sleep.
template <class Lock>
concept Restarting = requires {
  requires Lock::restarts;
};
}  // namespace detail

template <class Permission, class Lock>
class HierarchicalLock;

template <class Order, class... Elements, class Lock>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY HierarchicalLock<Held<Order, Elements...>, Lock>
    : public HeldContext<detail::held_with<Held<Order, Elements...>, Lock>> {
 public:
  /// Waits for every lock of `scope`, in order. `scope` must outlive this guard.
  template <class Parent, LockScope Scope>
  requires std::derived_from<Parent, HeldTag<Held<Order, Elements...>>> && std::same_as<typename Scope::lock_type, Lock>
  [[nodiscard]] HierarchicalLock(const Parent& parent, const Scope& scope,
                                 validate::Where where = validate::Where::current()) DEVLOCK_RELEASES(cap_of(parent))
      DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : locks_(scope.locks()) {
    // Who writes the type of a guard out does not get around the rules.
    static_assert(detail::permitted<detail::walk_verdict<Held<Order, Elements...>, Lock>>,
                  "devlock: this scope may not be waited for under this context; let the guard deduce its type");
    this->mark.enter(parent.mark, where);
    DEVLOCK_ASSERT(detail::InstanceWalk<Lock>::follows(parent.newest_instance(), locks_),
                   "the instance keys along a walk must rise, from those of all held instances of the class on");
    if constexpr (detail::Restarting<Lock>) {
      try_until_taken(where);
    } else {
      wait(where, std::make_index_sequence<detail::class_count<detail::classes_of<Lock>> - 1>{});
    }
    instances_.link(parent, *this, locks_);
  }
  ~HierarchicalLock() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    for (std::size_t place = locks_.size(); place != 0; --place) {
      this->mark.gives(*locks_[place - 1]);
    }
    ReverseRollback::undo(locks_, locks_.size());
    this->mark.leave();
  }

 private:
  // One pass for each class. The last one completes each lock.
  template <std::size_t... Part>
  void wait(validate::Where where, std::index_sequence<Part...>) {
    (pass<Part>(), ...);
    for (Lock* lock : locks_) {
      this->mark.template want<Order>(*lock, validate::How::scope_wait, where);
      if constexpr (sizeof...(Part) == 0) {
        LockAccess::lock(*lock);
      } else {
        LockAccess::lock_part<sizeof...(Part)>(*lock);
      }
      this->mark.took(*lock);
    }
  }
  template <std::size_t Part>
  void pass() {
    for (Lock* lock : locks_) {
      LockAccess::lock_part<Part>(*lock);
    }
  }

  // Nothing is held while this sleeps.
  void try_until_taken(validate::Where where) {
    for (Lock* lock : locks_) {
      this->mark.template want<Order>(*lock, validate::How::scope_wait, where);
    }
    for (std::size_t taken = 0; taken != locks_.size();) {
      if (LockAccess::try_lock(*locks_[taken])) {
        ++taken;
        continue;
      }
      ReverseRollback::undo(locks_, taken);
      LockAccess::sleep_until_changed(*locks_[taken]);
      taken = 0;
    }
    for (Lock* lock : locks_) {
      this->mark.took(*lock);
    }
  }

  std::span<Lock* const> locks_;
  DEVLOCK_NO_UNIQUE_ADDRESS detail::InstanceWalk<Lock> instances_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
requires(!detail::permitted<Refusal>) class HierarchicalLock<Refusal, Lock> : public detail::Refused<Refusal> {
 public:
  template <class Scope>
  HierarchicalLock(const ContextTag&, const Scope&) = delete;
};

template <LockContext Context, LockScope Scope>
HierarchicalLock(const Context&, const Scope&)
    -> HierarchicalLock<detail::walk_verdict<typename Context::held, typename Scope::lock_type>,
                        typename Scope::lock_type>;

}  // namespace devlock
