// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The look at the list is over before.
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

void f(Parent& parent, const Uuid& uuid) {
  ThreadContext root;
  (void)parent.create(root, uuid);
}
