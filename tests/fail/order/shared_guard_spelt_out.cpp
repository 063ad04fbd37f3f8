// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The type of the guard is written out, as a member's is, and says that kvm_lock is held.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <shared_mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;
using Group = devlock::Ordered<group_lock, std::shared_mutex>;
using Kvm = devlock::Ordered<kvm_lock, std::shared_mutex>;

Group group;
Kvm kvm;

void reset_all() {
  ThreadContext root;
  devlock::SharedGuard outer{root, kvm};
  devlock::SharedGuard<devlock::Held<VfioOrder, devlock::Shared<kvm_lock>>, Group> inner{outer, group};
}
