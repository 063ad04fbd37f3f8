// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// HierarchicalLock waits for a whole scope, bridge first. Several instances of one class may be waited for here because all
// who do it walk one top-down order; towards every other class it is a Guard and compiles where a Guard would.
// CFG of a bridge before the device_lock of its child is that same walk: the rank is (tree depth, class).
// Not checked: that two scopes list common locks in the same order; pci::Topology builds them so.
// Source: pci_bus_lock, pci_reset_function in drivers/pci/pci.c.
#pragma once

#include "devlock/lock/hierarchical_try_lock.hpp"

namespace devlock {

template <class Permission, class Lock>
class HierarchicalLock;

template <class Order, class... Elements, class Lock>
class [[nodiscard]] DEVLOCK_SCOPED_CAPABILITY HierarchicalLock<Held<Order, Elements...>, Lock>
    : public HeldContext<detail::held_with<Held<Order, Elements...>, Lock>> {
 public:
  /// Waits for every lock of `scope`, in order. `scope` must outlive this guard.
  template <class Parent, LockScope Scope>
    requires std::derived_from<Parent, HeldTag<Held<Order, Elements...>>> && std::same_as<typename Scope::lock_type, Lock>
  HierarchicalLock(const Parent& parent, const Scope& scope, validate::Where where = validate::Where::current())
      DEVLOCK_RELEASES(cap_of(parent)) DEVLOCK_ACQUIRES(this->entered) DEVLOCK_UNANALYSED : locks_(scope.locks()) {
    this->mark.enter(parent.mark, where);
    this->set_newest_instance(parent.newest_instance());
    for (Lock* lock : locks_) {
      this->mark.template want<Order>(*lock, validate::How::scope_wait, where);
      LockAccess::lock(*lock);
      this->mark.took(*lock);
    }
  }
  ~HierarchicalLock() DEVLOCK_RELEASES() DEVLOCK_UNANALYSED {
    for (std::size_t place = locks_.size(); place != 0; --place) {
      this->mark.gives(*locks_[place - 1]);
    }
    ReverseRollback::undo(locks_, locks_.size());
    this->mark.leave();
  }

 private:
  std::span<Lock* const> locks_;
};

// A refusal: the name of this type is the message.
template <class Refusal, class Lock>
  requires(!detail::permitted<Refusal>)
class HierarchicalLock<Refusal, Lock> {
 public:
  template <class Scope>
  HierarchicalLock(const ContextTag&, const Scope&) = delete;
};

template <LockContext Context, LockScope Scope>
HierarchicalLock(const Context&, const Scope&)
    -> HierarchicalLock<detail::wait_verdict<typename Context::held, typename Scope::lock_type>, typename Scope::lock_type>;

}  // namespace devlock
