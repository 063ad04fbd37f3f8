// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A creation waits for mdev_list_lock and for device_lock.
// EXPECT: lock_order_inversion<
// EXPECT: attribute
// EXPECT: mdev_list_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
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

void f(Parent& parent, MdevList<devlock::StdSync>& list, const Uuid& uuid) {
  ThreadContext root;
  devlock::Guard all{root, list.lock};
  if (list.find(uuid) == nullptr) {
    (void)parent.create(all, uuid);
  }
}
