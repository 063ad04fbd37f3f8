// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Locking by intention: who excludes whom, all or nothing, waiting, the limit of marks, and the same scopes as the walk.
#include "devlock/lock/intention_lock.hpp"

#include <thread>

#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using Lock = IntentionLock<StdSync>;
using Node = IntentionNode<StdSync>;
using vfio::ThreadContext;
using pci::Address;
using pci::ScopeKind;

TEST_CASE("The table: what is held at a node refuses what is asked of it") {
  struct Row {
    Intention held, asked;
    bool granted;
  };
  const Row rows[] = {
      {Intention::mark, Intention::mark, true},       {Intention::mark, Intention::alone, true},
      {Intention::mark, Intention::subtree, false},   {Intention::alone, Intention::mark, true},
      {Intention::alone, Intention::alone, false},    {Intention::alone, Intention::subtree, false},
      {Intention::subtree, Intention::mark, false},   {Intention::subtree, Intention::alone, false},
      {Intention::subtree, Intention::subtree, false},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.held), static_cast<int>(row.asked));
    Node node;
    REQUIRE(node.try_take(row.held));
    CHECK(node.try_take(row.asked) == row.granted);
    if (row.granted) {
      node.give(row.asked);
    }
    node.give(row.held);
    CHECK(node.try_take(Intention::subtree));
  }
}

// root - bridge - {left, right}; right - leaf
struct Tree {
  Tree() {
    bridge.set_parent(&root);
    left.set_parent(&bridge);
    right.set_parent(&bridge);
    leaf.set_parent(&right);
  }
  Node root, bridge, left, right, leaf;
  [[nodiscard]] unsigned all_marks() const {
    return root.marks() + bridge.marks() + left.marks() + right.marks() + leaf.marks();
  }
};

TEST_CASE("A subtree excludes everything in it and nothing beside it") {
  Tree tree;
  REQUIRE(tree.right.try_take(Intention::subtree));
  CHECK(tree.root.marks() == 1U);
  CHECK(tree.bridge.marks() == 1U);
  for (const Intention what : {Intention::alone, Intention::subtree}) {
    CHECK_FALSE(tree.leaf.try_take(what));
    CHECK_FALSE(tree.right.try_take(what));
    CHECK(tree.left.try_take(what));
    tree.left.give(what);
  }
  CHECK_FALSE(tree.bridge.try_take(Intention::subtree));
  CHECK_FALSE(tree.root.try_take(Intention::subtree));
  CHECK(tree.bridge.try_take(Intention::alone));
  tree.bridge.give(Intention::alone);
  tree.right.give(Intention::subtree);
  CHECK(tree.all_marks() == 0U);
  CHECK(tree.root.try_take(Intention::subtree));
}

TEST_CASE("A node held alone excludes subtrees that have it, not its children") {
  Tree tree;
  REQUIRE(tree.bridge.try_take(Intention::alone));
  CHECK(tree.bridge.held_alone());
  CHECK(tree.leaf.try_take(Intention::alone));
  CHECK_FALSE(tree.root.try_take(Intention::subtree));
  CHECK_FALSE(tree.bridge.try_take(Intention::alone));
  tree.bridge.give(Intention::alone);
  CHECK_FALSE(tree.bridge.try_take(Intention::subtree));
  tree.leaf.give(Intention::alone);
  CHECK(tree.bridge.try_take(Intention::subtree));
  CHECK(tree.bridge.held_subtree());
}

TEST_CASE("A failed attempt leaves no mark") {
  Tree tree;
  REQUIRE(tree.leaf.try_take(Intention::alone));
  const unsigned before = tree.all_marks();
  CHECK_FALSE(tree.leaf.try_take(Intention::alone));
  CHECK_FALSE(tree.right.try_take(Intention::subtree));
  CHECK(tree.all_marks() == before);
  tree.leaf.give(Intention::alone);
  CHECK(tree.all_marks() == 0U);
}

struct TwoMarks : IntentionRules {
  static constexpr unsigned most_marks = 2;
};
TEST_CASE("One mark too many is contention, and the place is free again once one is given back") {
  IntentionNode<StdSync, TwoMarks> above;
  IntentionNode<StdSync, TwoMarks> below[3];
  for (auto& node : below) {
    node.set_parent(&above);
  }
  REQUIRE(below[0].try_take(Intention::alone));
  REQUIRE(below[1].try_take(Intention::alone));
  CHECK_FALSE(below[2].try_take(Intention::alone));
  std::thread waits([&] {
    below[2].take(Intention::alone);
    below[2].give(Intention::alone);
  });
  below[0].give(Intention::alone);
  waits.join();
  below[1].give(Intention::alone);
  CHECK(above.marks() == 0U);
}

TEST_CASE("Guards take a device alone, a subtree, or a right to change what is below") {
  Lock bridge;
  Lock device;
  device.set_parent(&bridge);
  ThreadContext root;
  {
    TryGuard bus{root, bridge.subtree()};
    REQUIRE(bus);
    CHECK_FALSE(device.node().held_alone());
  }
  {
    Guard alone{root, device.alone()};
    CHECK(device.node().held_alone());
    CHECK(bridge.node().marks() == 1U);
    TryGuard bus{alone, bridge.subtree()};
    CHECK_FALSE(bus);  // not even by the thread that has the device
  }
  Guard change{root, bridge.below()};
  CHECK(bridge.node().marks() == 1U);
}

constexpr Address port{0, 0, 1, 0};
constexpr Address first{0, 1, 0, 0};
constexpr Address second{0, 1, 0, 1};
constexpr Address other_slot{0, 1, 1, 0};

template <class L>
struct Bus {
  Bus() {
    tree.add(port);
    for (const Address address : {first, second, other_slot}) {
      tree.add(address, port);
    }
  }
  pci::Topology<L> tree;
};

TEST_CASE("A scope of an intention tree affects what the walk's does, with fewer locks") {
  const Bus<Lock> by_intention;
  const Bus<Ordered<vfio::device_lock, std::mutex>> by_walk;
  for (const ScopeKind kind : {ScopeKind::function, ScopeKind::slot, ScopeKind::bus}) {
    const auto ours = by_intention.tree.scope(kind, first);
    const auto theirs = by_walk.tree.scope(kind, first);
    REQUIRE(ours);
    REQUIRE(theirs);
    CHECK(std::vector(ours->affected().begin(), ours->affected().end()) ==
          std::vector(theirs->affected().begin(), theirs->affected().end()));
    CHECK(ours->has_bridge());
    CHECK(ours->address_of(0) == port);
  }
  CHECK(by_intention.tree.scope(ScopeKind::bus, first)->locks().size() == 1U);
  CHECK(by_intention.tree.scope(ScopeKind::slot, first)->locks().size() == 3U);
  CHECK(by_intention.tree.scope(ScopeKind::function, first)->locks().size() == 2U);
}

TEST_CASE("Scopes of an intention tree: a bus excludes its functions, slots exclude each other by their bridge alone") {
  Bus<Lock> bus;
  const auto whole = *bus.tree.scope(ScopeKind::bus, first);
  const auto slot = *bus.tree.scope(ScopeKind::slot, first);
  const auto function = *bus.tree.scope(ScopeKind::function, other_slot);
  const auto succeeds_elsewhere = [](const auto& scope) {
    bool taken = false;
    std::thread([&] {
      ThreadContext other;
      HierarchicalTryLock locked{other, scope};
      taken = locked.owns_lock();
    }).join();
    return taken;
  };
  ThreadContext root;
  {
    HierarchicalTryLock all{root, whole};
    REQUIRE(all);
    CHECK_FALSE(succeeds_elsewhere(slot));
    CHECK_FALSE(succeeds_elsewhere(function));
  }
  {
    HierarchicalTryLock some{root, slot};
    REQUIRE(some);
    CHECK_FALSE(succeeds_elsewhere(whole));
    CHECK_FALSE(succeeds_elsewhere(function));  // the bridge is held
    std::thread([&] {
      ThreadContext other;
      TryGuard device{other, bus.tree.find(other_slot)->lock.alone()};
      CHECK(device.owns_lock());
      TryGuard taken{device, bus.tree.find(second)->lock.alone()};
      CHECK_FALSE(taken.owns_lock());
    }).join();
  }
  HierarchicalLock all{root, whole};
  CHECK(bus.tree.find(port)->lock.node().held_subtree());
}

TEST_CASE("Threads that wait for functions and buses all get their turn, and exclude each other") {
  Bus<Lock> bus;
  int data[3] = {};  // one for each function; plain on purpose
  const auto whole = *bus.tree.scope(ScopeKind::bus, first);
  const Address functions[3] = {first, second, other_slot};
  constexpr int rounds = 2000;
  std::thread threads[4];
  for (unsigned i = 0; i != 3; ++i) {
    threads[i] = std::thread([&, i] {
      for (int round = 0; round != rounds; ++round) {
        ThreadContext root;
        Guard device{root, bus.tree.find(functions[i])->lock.alone()};
        ++data[i];
      }
    });
  }
  threads[3] = std::thread([&] {
    for (int round = 0; round != rounds; ++round) {
      ThreadContext root;
      HierarchicalLock all{root, whole};
      for (int& one : data) {
        ++one;
      }
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(data[0] == 2 * rounds);
  CHECK(data[1] == 2 * rounds);
  CHECK(data[2] == 2 * rounds);
  CHECK(bus.tree.find(port)->lock.node().marks() == 0U);
}

}  // namespace
