// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The first seed: a reset that waits for device_lock with open_device held.
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

devlock::Ordered<open_device, std::mutex> held;

struct Nothing {
  devlock::Result<void> check(const devlock::pci::ResetScope<Device>&) { return {}; }
  devlock::Result<void> save(devlock::pci::Address) { return {}; }
  devlock::Result<void> reset(const devlock::pci::ResetScope<Device>&) { return {}; }
  devlock::Result<void> restore(devlock::pci::Address) { return {}; }
};

devlock::Result<void> reset_now(Nothing& target, const devlock::pci::ResetScope<Device>& scope) {
  ThreadContext root;
  devlock::Guard outer{root, held};
  return devlock::pci::reset(outer, target, scope);
}
