// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock with cache lines of its own is taken like the lock itself: by guards, in scopes of a topology, by intention.
#include "devlock/lock/cache_line.hpp"

#include <cstdint>
#include <memory>
#include <thread>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/lock/intention_lock.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using vfio::ThreadContext;
using Device = CacheLine<DeviceLock<StdSync>>;

constexpr pci::Address port{0, 0, 1, 0};
constexpr pci::Address left{0, 1, 0, 0};
constexpr pci::Address right{0, 1, 1, 0};

template <class Lock>
std::uintptr_t line_of(const Lock& lock) {
  return reinterpret_cast<std::uintptr_t>(std::addressof(lock)) / cache_line_size;
}
// Whether another thread can take it now.
template <class Lock>
bool is_free(Lock& lock) {
  bool free = false;
  std::thread([&] {
    ThreadContext other;
    TryGuard guard{other, lock};
    free = guard.owns_lock();
  }).join();
  return free;
}

TEST_CASE("Locks side by side lie in lines of their own, on the heap too") {
  const auto devices = std::make_unique<Device[]>(3);
  CHECK(line_of(devices[0]) != line_of(devices[1]));
  CHECK(line_of(devices[1]) != line_of(devices[2]));
  CHECK(reinterpret_cast<std::uintptr_t>(&devices[1]) % cache_line_size == 0);
}
TEST_CASE("A device in its line is taken as a whole, by its parts, and has a life") {
  Device device;
  ThreadContext root;
  {
    Guard both{root, device};
    CHECK_FALSE(is_free(device));
    CHECK_FALSE(is_free(device.config()));
  }
  {
    Guard bind{root, device.device()};
    CHECK_FALSE(is_free(device));
    CHECK(is_free(device.config()));
  }
  CHECK(is_free(device));
  CHECK(device.revoke());
  CHECK(device.life() == DeviceLife::revoking);
}
template <class Lock>
void lock_bus() {
  pci::Topology<Lock> tree;
  tree.add(port);
  tree.add(left, port);
  tree.add(right, port);
  CHECK(line_of(tree.find(left)->lock) != line_of(tree.find(right)->lock));
  ThreadContext root;
  const auto bus = *tree.scope(pci::ScopeKind::bus, left);
  const auto one = *tree.scope(pci::ScopeKind::function, right);
  HierarchicalTryLock locked{root, bus};
  REQUIRE(locked);
  bool taken = true;
  std::thread([&] {
    ThreadContext other;
    HierarchicalTryLock inside{other, one};
    taken = inside.owns_lock();
  }).join();
  CHECK_FALSE(taken);
}
TEST_CASE("A topology has such locks, of both kinds") {
  lock_bus<Device>();
  lock_bus<CacheLine<IntentionLock<StdSync>>>();
}

}  // namespace
