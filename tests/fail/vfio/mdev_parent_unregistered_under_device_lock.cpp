// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second seed: unregister waits for those in create, who wait for device_lock.
// EXPECT: lock_order_inversion<
// EXPECT: unreg_sem
// EXPECT: device_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include "devlock/sync/std.hpp"
#include "devlock/vfio/mdev_parent.hpp"

using namespace devlock::vfio;

struct Driver {
  using Device = Mdev<devlock::StdSync>;
  Device* allocate(const Uuid& uuid);
  int name(Device& device);
  int attach(ContextFor<device_lock> context, Device& device);
  int add_files(Device& device);
  void detach(ContextFor<device_lock> context, Device& device);
  void release(Device& device);
};
using Parent = MdevParent<devlock::StdSync, Driver>;

void f(Parent& parent, devlock::Ordered<device_lock, std::mutex>& lock) {
  ThreadContext root;
  devlock::Guard device{root, lock};
  parent.unregister(device);
}
