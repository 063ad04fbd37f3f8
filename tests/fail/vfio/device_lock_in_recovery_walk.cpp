// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Error recovery walks the bus with its list locked and waits for each device_lock.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: bus_list_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<bus_list_lock, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
