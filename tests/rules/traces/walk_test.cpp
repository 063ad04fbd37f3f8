// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A walk over DeviceLocks that looked right: device by device, as the kernel does it. The block of the bridge is then held while the
// child's device_lock is waited for; but the holder of that one may wait for the bridge's block, since device_lock
// precedes config_access. HierarchicalLock takes every device_lock before the first block.
#include "devlock/lock/hierarchical_lock.hpp"
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct Devices {
  static constexpr unsigned threads = 2;
  // Holds the child's device_lock and reads the bridge's config space.
  void read_bridge(vfio::ThreadContext& root) DEVLOCK_REQUIRES(root) {
    Guard device{root, child.device()};
    Guard config{device, bridge.config()};
  }
  DeviceLock<S> bridge, child;
};
static_assert(Waits<Waited<vfio::ThreadContext, DeviceLock<S>::DevicePart>, DeviceLock<S>::ConfigPart>);
static_assert(!Waits<Waited<vfio::ThreadContext, DeviceLock<S>>, DeviceLock<S>>);

struct DeviceByDevice : Devices {
  void thread(unsigned index) {
    vfio::ThreadContext root;
    if (index == 0) {
      Guard first{root, bridge};
      UncheckedContext<vfio::VfioOrder> forced(wrong_on_purpose);
      Guard second{forced, child};
    } else {
      read_bridge(root);
    }
  }
};
struct ClassByClass : Devices {
  struct Scope {
    using lock_type = DeviceLock<S>;
    [[nodiscard]] std::span<lock_type* const> locks() const { return list; }
    lock_type* list[2];
  };
  void thread(unsigned index) {
    vfio::ThreadContext root;
    if (index == 0) {
      const Scope scope{{&bridge, &child}};
      HierarchicalLock both{root, scope};
    } else {
      read_bridge(root);
    }
  }
};
TEST_CASE("A walk over devices: one after the other, and class by class") {
  expect_deadlock<DeviceByDevice>("a walk device by device");
  expect_free<ClassByClass>("a walk class by class");
}

}  // namespace
