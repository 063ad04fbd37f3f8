// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// group_lock, tried, precedes dev_set_lock; kvm_lock, held since before, does not: every held class counts.
// EXPECT: lock_order_inversion<
// EXPECT: dev_set_lock
// EXPECT: kvm_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

bool attach() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::TryGuard tried{vm, group};
  if (!tried) {
    return false;
  }
  devlock::Guard set{tried, dev_set};
  return true;
}
