// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The tree of PCI functions with a lock each: root bus, bridges, what is below them. It hands out reset scopes. Functions are
// visited as the kernel's bus walk does, a bridge before its subordinate bus and siblings by address; every scope is a
// part of that one order.
//
//   pci::Topology<DeviceLock<StdSync>> tree;
//   tree.add(*pci::parse_address("00:01.0"));                       // a root port
//   tree.add(*pci::parse_address("01:00.0"), *pci::parse_address("00:01.0"));
//   auto scope = tree.scope(pci::ScopeKind::bus, *pci::parse_address("01:00.0"));
//
// The lock of a node is DeviceLock or any other, and a scope lists those of all nodes that it touches; or IntentionLock, and a scope lists
// one lock for a whole subtree.
// Not checked: concurrent changes. Build it before the threads, or guard it with a lock of your own; nodes never move. A scope
// lists what was there when it was made: compare it with a new one under its locks before you act on it.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "devlock/pci/reset_scope.hpp"

namespace devlock::pci {

template <class Lock>
class Topology {
 public:
  using lock_type = Lock;
  using Locks = ScopeLocks<Lock>;
  using Scope = ResetScope<typename Locks::type>;
  struct Node {
    explicit Node(Address a, Node* above) : address(a), bridge(above) {}
    Address address;
    Node* bridge;              ///< the bridge whose subordinate bus this function is on; null on a root bus
    std::vector<Node*> below;  ///< the functions on the subordinate bus, by address; only bridges have any
    Node* physical = nullptr;  ///< of a virtual function: the function that it belongs to
    Lock lock{};
  };

  Topology() = default;
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  /// Adds a function below `bridge`, or on a root bus. Null if the address is there already or the bridge is not.
  Node* add(Address address, std::optional<Address> bridge = std::nullopt) {
    Node* above = bridge ? find(*bridge) : nullptr;
    if (find(address) != nullptr || (bridge && above == nullptr)) {
      return nullptr;
    }
    nodes_.push_back(std::make_unique<Node>(address, above));
    Node* node = nodes_.back().get();
    if constexpr (requires { node->lock.set_parent(nullptr); }) {
      node->lock.set_parent(above == nullptr ? nullptr : &above->lock);
    }
    insert_sorted(above != nullptr ? above->below : roots_, node);
    return node;
  }
  /// Adds a virtual function of `physical`, on the bus where that one is. Null if the address is there already, if there is no such
  /// function or it is virtual itself, or if the address does not follow it: a PF is locked before its VFs.
  Node* add_virtual(Address address, Address physical) {
    Node* of = find(physical);
    if (of == nullptr || of->physical != nullptr || !(physical < address)) {
      return nullptr;
    }
    Node* node = add(address, of->bridge != nullptr ? std::optional(of->bridge->address) : std::nullopt);
    if (node != nullptr) {
      node->physical = of;
    }
    return node;
  }
  /// Takes a function away; false if it is not there, or if something is below it or belongs to it. Its node stays where it is as long
  /// as the topology does: scopes that list it may still lock and unlock it.
  bool remove(Address address) {
    Node* node = find(address);
    if (node == nullptr || !node->below.empty() || has_virtual(*node)) {
      return false;
    }
    std::erase(node->bridge != nullptr ? node->bridge->below : roots_, node);
    const auto owner = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.get() == node; });
    gone_.push_back(std::move(*owner));
    nodes_.erase(owner);
    return true;
  }
  [[nodiscard]] Node* find(Address address) const {
    const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n->address == address; });
    return found == nodes_.end() ? nullptr : found->get();
  }
  /// Every function, in walking order.
  [[nodiscard]] std::vector<Node*> walk() const {
    std::vector<Node*> all;
    for (Node* root : roots_) {
      visit(*root, [&](Node& node) { all.push_back(&node); });
    }
    return all;
  }

  /// What a reset of this kind, asked for at `address`, touches. Empty if there is no such function or if the kind has no meaning
  /// there: a bus reset needs a bridge above the function, a subordinate one needs functions below it. Function and slot
  /// do without a bridge: on a root bus none is locked.
  [[nodiscard]] std::optional<Scope> scope(ScopeKind kind, Address address) const {
    Node* node = find(address);
    if (node == nullptr) {
      return std::nullopt;
    }
    Node* above = kind == ScopeKind::subordinate ? node : node->bridge;
    const bool whole_bus = kind == ScopeKind::bus || kind == ScopeKind::subordinate;
    if (whole_bus && (above == nullptr || above->below.empty())) {
      return std::nullopt;
    }
    Scope scope(kind, address);
    if (above != nullptr) {
      scope.add_bridge(above->address);
      scope.add_lock(above->address, whole_bus ? Locks::subtree(above->lock) : Locks::alone(above->lock));
      scope.add_lock(above->address, whole_bus ? Locks::in_subtree(above->lock) : nullptr);
    }
    const auto add_below = [&scope](Node& n) {
      scope.add_affected(n.address);
      scope.add_lock(n.address, Locks::in_subtree(n.lock));
    };
    const std::vector<Node*>& siblings = node->bridge != nullptr ? node->bridge->below : roots_;
    switch (kind) {
      case ScopeKind::function:
      case ScopeKind::physical:
        for (Node* sibling : siblings) {
          if (sibling == node || (kind == ScopeKind::physical && sibling->physical == node)) {
            scope.add_affected(sibling->address);
            scope.add_lock(sibling->address, Locks::alone(sibling->lock));
          }
        }
        break;
      case ScopeKind::slot:
        for (Node* sibling : siblings) {
          if (sibling->address.same_slot(address)) {
            scope.add_lock(sibling->address, Locks::subtree(sibling->lock));
            visit(*sibling, add_below);
          }
        }
        break;
      case ScopeKind::bus:
      case ScopeKind::subordinate:
        for (Node* child : above->below) {
          visit(*child, add_below);
        }
        break;
    }
    return scope;
  }

 private:
  [[nodiscard]] bool has_virtual(const Node& node) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n->physical == &node; });
  }
  static void insert_sorted(std::vector<Node*>& list, Node* node) {
    const auto before = [](const Node* a, const Node* b) { return a->address < b->address; };
    list.insert(std::upper_bound(list.begin(), list.end(), node, before), node);
  }
  template <class Visitor>
  static void visit(Node& node, const Visitor& visitor) {
    visitor(node);
    for (Node* child : node.below) {
      visit(*child, visitor);
    }
  }

  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Node>> gone_;
  std::vector<Node*> roots_;
};

}  // namespace devlock::pci
