// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The data of an mdev is locked before its VM.
// EXPECT: lock_order_inversion<
// EXPECT: kvm_lock
// EXPECT: mdevs_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<mdevs_lock, std::mutex> one;
devlock::Ordered<kvm_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
