// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V8: a link event unbinds with the reset_lock of the controller held.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: reset_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<reset_lock, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
