// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The type of a guard is written out, as a member's is, and says itself that kvm_lock is held.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;
using Group = devlock::Ordered<group_lock, std::mutex>;
using Kvm = devlock::Ordered<kvm_lock, std::mutex>;

Group group;
Kvm kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard outer{root, kvm};
  devlock::Guard<devlock::Held<VfioOrder, kvm_lock>, Group> inner{outer, group};
}
