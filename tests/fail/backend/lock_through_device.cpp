// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The first seed with a real device: a waiting reset through an open descriptor.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: open_device
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;
using Scope = devlock::pci::ResetScope<devlock::DeviceLock<devlock::StdSync>>;

bool waits(devlock::linux_host::Host::Device& device, const Scope& scope) {
  ThreadContext root;
  devlock::Through through{root, device};
  devlock::HierarchicalLock locked{through, scope};
  return true;
}
