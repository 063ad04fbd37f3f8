// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Whoever removes a device waits for its descriptors: not with one of them open.
// EXPECT: lock_order_inversion<
// EXPECT: attribute
// EXPECT: open_device
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

struct Descriptor {
  using lifetime_class = open_device;
};

void f(Driver::Device& device, Descriptor& descriptor) {
  ThreadContext root;
  devlock::Through inside{root, descriptor};
  (void)Parent::remove(inside, device);
}
