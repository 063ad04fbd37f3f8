// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock under the order has no lock() of its own.
// EXPECT-gcc: is private within this context
// EXPECT-clang: is a private member
// EXPECT: lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void past_the_order() {
  group.lock();
  group.unlock();
}
