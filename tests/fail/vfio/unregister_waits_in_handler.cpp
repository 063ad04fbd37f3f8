// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second seed: a handler waits for the lock under which an unregistration waits for handlers.
// EXPECT: lock_order_inversion<
// EXPECT: unreg_sem
// EXPECT: attribute
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<attribute, std::mutex> one;
devlock::Ordered<unreg_sem, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
