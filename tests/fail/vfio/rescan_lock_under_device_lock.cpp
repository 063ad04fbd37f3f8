// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V10 as a program: the rescan lock is waited for under device_lock.
// EXPECT: lock_order_inversion<
// EXPECT: rescan_remove_lock
// EXPECT: device_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<device_lock, std::mutex> one;
devlock::Ordered<rescan_remove_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
