// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The functions that one reset touches, and the locks that it therefore needs, in the one top-down order that all walkers
// share. A scope is a value: it lists what was there when it was made, and lock and unlock walk the same list.
// Not checked: that the topology has not changed since; make a new scope after a hotplug.
#pragma once

#include <span>
#include <vector>

#include "devlock/pci/address.hpp"

namespace devlock::pci {

/// How far a reset reaches. Function: that function alone, as Linux locks it. Physical: a function and the virtual functions that it
/// has, which its reset takes away. Slot: the functions with one device number. Bus: everything on and below the bus that
/// the function sits on. Subordinate: everything below this bridge. The bridge above is locked in all five.
enum class ScopeKind { function, physical, slot, bus, subordinate };

constexpr const char* to_string(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::function:
      return "function";
    case ScopeKind::physical:
      return "physical function";
    case ScopeKind::slot:
      return "slot";
    case ScopeKind::bus:
      return "bus";
    case ScopeKind::subordinate:
      return "subordinate";
  }
  return "unknown";
}

/// What a scope takes of the lock that a node of the topology has. Here: each node's own lock, one by one. An intention tree has
/// `scope_lock` in its lock, and a subtree is one of those.
template <class NodeLock>
struct ScopeLocks {
  using type = NodeLock;
  static type* alone(NodeLock& lock) { return &lock; }
  static type* subtree(NodeLock&) { return nullptr; }
  static type* in_subtree(NodeLock& lock) { return &lock; }
  // For a change of the tree: what excludes scopes that list the bridge, or a function with nothing below it.
  static type& to_add_below(NodeLock& bridge) { return bridge; }
  static type& to_remove(NodeLock& lock) { return lock; }
};
template <class NodeLock>
requires requires {
  typename NodeLock::scope_lock;
}
struct ScopeLocks<NodeLock> {
  using type = typename NodeLock::scope_lock;
  static type* alone(NodeLock& lock) { return &lock.alone(); }
  static type* subtree(NodeLock& lock) { return &lock.subtree(); }
  static type* in_subtree(NodeLock&) { return nullptr; }
  static type& to_add_below(NodeLock& bridge) { return bridge.below(); }
  static type& to_remove(NodeLock& lock) { return lock.subtree(); }
};

template <class Lock>
class ResetScope {
 public:
  using lock_type = Lock;

  ResetScope(ScopeKind kind, Address target) : kind_(kind), target_(target) {}

  [[nodiscard]] ScopeKind kind() const { return kind_; }
  [[nodiscard]] Address target() const { return target_; }
  /// The locks to take, first to last: the bridge above if there is one, then what the reset touches; or one lock for all of a subtree.
  [[nodiscard]] std::span<Lock* const> locks() const { return locks_; }
  /// The function whose lock is locks()[place].
  [[nodiscard]] Address address_of(std::size_t place) const { return lock_addresses_[place]; }
  /// The functions that are reset, first to last; the bridge above is not one of them.
  [[nodiscard]] std::span<const Address> affected() const {
    return std::span<const Address>(addresses_).subspan(has_bridge_ ? 1 : 0);
  }
  [[nodiscard]] bool has_bridge() const { return has_bridge_; }
  /// The same functions and locks in the same order: whether a scope still is what the topology would hand out now.
  [[nodiscard]] bool lists_the_same(const ResetScope& other) const {
    return has_bridge_ == other.has_bridge_ && addresses_ == other.addresses_ && locks_ == other.locks_;
  }

  /// Builders only: the bridge first, then each function in walking order.
  void add_bridge(Address address, Lock& lock) {
    add_bridge(address);
    add_lock(address, &lock);
  }
  void add(Address address, Lock& lock) {
    add_affected(address);
    add_lock(address, &lock);
  }
  /// Builders of a scope that has fewer locks than functions; no lock if it is null.
  void add_bridge(Address address) {
    has_bridge_ = true;
    addresses_.push_back(address);
  }
  void add_affected(Address address) { addresses_.push_back(address); }
  void add_lock(Address address, Lock* lock) {
    if (lock != nullptr) {
      lock_addresses_.push_back(address);
      locks_.push_back(lock);
    }
  }

 private:
  ScopeKind kind_;
  Address target_;
  bool has_bridge_ = false;
  std::vector<Address> addresses_;
  std::vector<Address> lock_addresses_;
  std::vector<Lock*> locks_;
};

}  // namespace devlock::pci
