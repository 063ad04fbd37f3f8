// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The inversion of inversion.cpp across a call: the caller holds kvm_lock, the callee waits for group_lock.
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

void open_group(devlock::vfio::ContextFor<group_lock> context) { devlock::Guard guard{context, group}; }

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  open_group(vm);
}
