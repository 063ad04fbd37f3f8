// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Readers are ordered like writers: a queued writer turns them into waits.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;
devlock::Ordered<kvm_lock, std::shared_mutex> kvm;

void walk() {
  ThreadContext root;
  devlock::SharedGuard vm{root, kvm};
  devlock::SharedGuard outer{vm, group};
}
