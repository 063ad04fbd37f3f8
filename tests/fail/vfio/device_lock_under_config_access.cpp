// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V2: the config-access block is taken before device_lock.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: config_access
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<config_access, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
