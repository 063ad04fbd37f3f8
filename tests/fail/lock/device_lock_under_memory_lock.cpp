// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// memory_lock lies between the two classes of a device: its second one would do, its first one does not.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: memory_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<memory_lock, std::mutex> memory;
devlock::DeviceLock<devlock::StdSync> device;

void reset() {
  ThreadContext root;
  devlock::Guard outer{root, memory};
  devlock::Guard inner{outer, device};
}
