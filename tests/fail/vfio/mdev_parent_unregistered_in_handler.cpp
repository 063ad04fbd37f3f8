// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second seed: a handler of a sysfs attribute unregisters the parent, which waits for handlers.
// EXPECT: lock_order_inversion<
// EXPECT: unreg_sem
// EXPECT: attribute
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

void f(Parent& parent, devlock::Rundown<devlock::StdSync, VfioOrder, attribute>& file) {
  ThreadContext root;
  auto handler = file.enter();
  devlock::Through inside{root, handler};
  parent.unregister(inside);
}
