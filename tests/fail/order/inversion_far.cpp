// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two classes are connected by a path of edges only; the rule and both classes are named all the same.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_ref_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_ref_lock, std::mutex> reference;

void set_kvm() {
  ThreadContext root;
  devlock::Guard inner{root, reference};
  devlock::Guard outer{inner, group};
}
