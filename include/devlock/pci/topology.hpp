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
// Not checked: concurrent changes. Build it before the threads, or guard add with a lock of your own; nodes never move.
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
  struct Node {
    explicit Node(Address a, Node* above) : address(a), bridge(above) {}
    Address address;
    Node* bridge;                  ///< the bridge whose subordinate bus this function is on; null on a root bus
    std::vector<Node*> below;      ///< the functions on the subordinate bus, by address; only bridges have any
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
    insert_sorted(above != nullptr ? above->below : roots_, node);
    return node;
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
  [[nodiscard]] std::optional<ResetScope<Lock>> scope(ScopeKind kind, Address address) const {
    Node* node = find(address);
    if (node == nullptr) {
      return std::nullopt;
    }
    ResetScope<Lock> scope(kind, address);
    const auto add_all = [&scope](Node& n) { scope.add(n.address, n.lock); };
    Node* above = kind == ScopeKind::subordinate ? node : node->bridge;
    if (above != nullptr) {
      scope.add_bridge(above->address, above->lock);
    }
    switch (kind) {
      case ScopeKind::function: add_all(*node); break;
      case ScopeKind::slot:
        for (Node* sibling : node->bridge != nullptr ? node->bridge->below : roots_) {
          if (sibling->address.same_slot(address)) {
            visit(*sibling, add_all);
          }
        }
        break;
      case ScopeKind::bus:
      case ScopeKind::subordinate:
        if (above == nullptr || above->below.empty()) {
          return std::nullopt;
        }
        for (Node* child : above->below) {
          visit(*child, add_all);
        }
        break;
    }
    return scope;
  }

 private:
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
  std::vector<Node*> roots_;
};

}  // namespace devlock::pci
