// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The caller reads kvm_lock, the callee waits for group_lock.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: Shared<devlock::vfio::kvm_lock>
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::shared_mutex> kvm;

void open_group(devlock::vfio::ContextFor<group_lock>) {}

void walk() {
  ThreadContext root;
  devlock::SharedGuard vm{root, kvm};
  open_group(vm);
}
