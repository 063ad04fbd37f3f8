// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The fourth seed: an mdev is assigned a queue under the lock of the matrix, and then asks for the masks.
// EXPECT: lock_order_inversion<
// EXPECT: ap_perms_lock
// EXPECT: guests_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<guests_lock, std::mutex> one;
devlock::Ordered<ap_perms_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
