// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An unbind waits for device_lock, and every descriptor: not under group_lock.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

// As a host declares the operation: the kernel waits for device_lock.
void unbind(devlock::vfio::ContextFor<device_lock> context);

void give_back() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  unbind(outer);
}
