// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions that come and go while others hold parts of the tree, with either kind of lock.
#include "devlock/pci/topology_change.hpp"

#include <thread>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/lock/intention_lock.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using pci::Address;
using pci::Change;
using pci::ScopeKind;
using vfio::ThreadContext;

constexpr Address port{0, 0, 1, 0};
constexpr Address first{0, 1, 0, 0};
constexpr Address second{0, 1, 1, 0};

// What another thread is told.
template <class Act>
Change elsewhere(Act act) {
  Change change{};
  std::thread([&] {
    ThreadContext root;
    change = act(root);
  }).join();
  return change;
}

TEMPLATE_TEST_CASE("A bus that is held gets no new function and loses none", "", DeviceLock<StdSync>,
                   IntentionLock<StdSync>) {
  pci::Topology<TestType> tree;
  tree.add(port);
  tree.add(first, port);
  const auto add = [&](const ThreadContext& context) {
    context.assume();
    return pci::try_add(context, tree, second, port);
  };
  const auto remove = [&](const ThreadContext& context) {
    context.assume();
    return pci::try_remove(context, tree, first);
  };
  const auto bus = *tree.scope(ScopeKind::bus, first);
  ThreadContext root;
  {
    HierarchicalTryLock held{root, bus};
    REQUIRE(held);
    CHECK(elsewhere(add) == Change::contended);
    CHECK(elsewhere(remove) == Change::contended);
    CHECK(tree.find(second) == nullptr);
    CHECK(tree.find(first) != nullptr);
  }
  CHECK(elsewhere(add) == Change::done);
  CHECK(elsewhere(remove) == Change::done);
  CHECK(tree.find(second) != nullptr);
  CHECK(tree.find(first) == nullptr);
  HierarchicalTryLock stale{root, bus};  // locks what it lists, and says that it is stale
  CHECK(stale);
  CHECK_FALSE(bus.lists_the_same(*tree.scope(ScopeKind::bus, second)));
}

TEMPLATE_TEST_CASE("Who adds a function below a bridge by itself keeps resets of that bus out meanwhile", "",
                   DeviceLock<StdSync>, IntentionLock<StdSync>) {
  pci::Topology<TestType> tree;
  tree.add(port);
  tree.add(first, port);
  const auto bus = *tree.scope(ScopeKind::bus, first);
  const auto bus_is_free = [&] {
    bool free = false;
    std::thread([&] {
      ThreadContext root;
      const HierarchicalTryLock held{root, bus};
      free = held.owns_lock();
    }).join();
    return free;
  };
  ThreadContext root;
  {
    TryGuard adding{root, pci::lock_to_add_below(tree.find(port)->lock)};
    REQUIRE(adding);
    CHECK_FALSE(bus_is_free());
    CHECK(tree.add(second, port) != nullptr);
  }
  CHECK(bus_is_free());
}

TEMPLATE_TEST_CASE("What cannot be changed is refused", "", DeviceLock<StdSync>, IntentionLock<StdSync>) {
  pci::Topology<TestType> tree;
  tree.add(port);
  tree.add(first, port);
  ThreadContext root;
  CHECK(pci::try_add(root, tree, first, port) == Change::refused);
  CHECK(pci::try_add(root, tree, second, Address{0, 9, 0, 0}) == Change::refused);
  CHECK(pci::try_remove(root, tree, second) == Change::refused);
  CHECK(pci::try_remove(root, tree, port) == Change::refused);
}

TEST_CASE(
    "In an intention tree a function comes while another one of its bus is held, and goes while its neighbour is") {
  pci::Topology<IntentionLock<StdSync>> tree;
  tree.add(port);
  tree.add(first, port);
  ThreadContext root;
  TryGuard held{root, tree.find(first)->lock.alone()};
  REQUIRE(held);
  CHECK(pci::try_add(held, tree, second, port) == Change::done);
  CHECK(pci::try_remove(held, tree, second) == Change::done);
  CHECK(elsewhere([&](const ThreadContext& context) {
          context.assume();
          return pci::try_remove(context, tree, first);
        }) == Change::contended);
}

}  // namespace
