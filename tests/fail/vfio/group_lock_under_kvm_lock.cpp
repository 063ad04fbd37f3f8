// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The third seed: group_lock is waited for under kvm_lock.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> one;
devlock::Ordered<group_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, other};
}
