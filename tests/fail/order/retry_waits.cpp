// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try that is repeated is a wait: group_lock under kvm_lock.
// EXPECT: Retry<
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

bool reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  return devlock::retry(vm, group, devlock::Attempts{3}, [](auto&) {});
}
