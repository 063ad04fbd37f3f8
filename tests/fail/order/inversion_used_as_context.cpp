// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is written under a refused guard adds nothing to the message.
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
devlock::Ordered<kvm_ref_lock, std::mutex> kvm_ref;

void link(devlock::vfio::ContextFor<kvm_ref_lock>) {}

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::Guard inner{vm, group};
  devlock::TryGuard ref{inner, kvm_ref};
  link(inner);
  if (inner.owns_lock() && ref) {
    inner.release();
  }
}
