// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is unregistered by a thread that no handler waits for.
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
  handler.leave();
  parent.unregister(root);
}
