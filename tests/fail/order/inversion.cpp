// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// group_lock is waited for under kvm_lock: the third seed, as another thread takes them in order.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::Guard inner{vm, group};
}
