// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// VFIO_DEVICE_SET_IRQS waits for igate, which precedes memory_lock.
// EXPECT: lock_order_inversion<
// EXPECT: igate
// EXPECT: memory_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<memory_lock, std::mutex> regions;

devlock::Result<void> watch(devlock::linux_host::Host::Device& device) {
  ThreadContext root;
  devlock::Guard mapped{root, regions};
  return device.watch_unplug(mapped);
}
