// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Guard after TryGuard after Guard: all that is held counts, not the newest alone.
// EXPECT: lock_order_inversion<
// EXPECT: dev_set_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;
devlock::Ordered<group_lock, std::mutex> group;

void open_device() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::TryGuard outer{vm, group};
  devlock::Guard inner{outer, dev_set};
}
