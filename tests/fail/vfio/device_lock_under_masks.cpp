// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A change of the masks probes drivers again, which takes the device_lock of each queue.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: ap_perms_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<ap_perms_lock, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
