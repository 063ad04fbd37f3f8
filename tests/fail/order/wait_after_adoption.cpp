// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An adopted lock is held like any other.
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

void taken_by_other_means() {
  ThreadContext root;
  kvm.native().lock();
  devlock::Guard vm{root, kvm, devlock::adopt};
  devlock::Guard inner{vm, group};
}
