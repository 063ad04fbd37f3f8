// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The first seed: a reset through an open descriptor that waits for device_lock. The context says nothing of the
// descriptor; the target does.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: open_device
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;
using Device = devlock::DeviceLock<devlock::StdSync>;

struct Session {
  using lifetime_class = open_device;
  devlock::Result<void> check(const devlock::pci::ResetScope<Device>&) { return {}; }
  devlock::Result<void> save(devlock::pci::Address) { return {}; }
  devlock::Result<void> reset(const devlock::pci::ResetScope<Device>&) { return {}; }
  devlock::Result<void> restore(devlock::pci::Address) { return {}; }
};

devlock::Result<void> reset_now(Session& session, const devlock::pci::ResetScope<Device>& scope) {
  ThreadContext root;
  return devlock::pci::reset(root, session, scope);
}
