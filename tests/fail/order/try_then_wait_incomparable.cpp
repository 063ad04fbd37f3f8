// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// igate was only tried, but stays held while kvm_lock, which no path connects with it, is waited for.
// EXPECT: no_order_between<
// EXPECT: kvm_lock
// EXPECT: igate
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<igate, std::mutex> interrupts;

void enable() {
  ThreadContext root;
  devlock::TryGuard inner{root, interrupts};
  devlock::Guard vm{inner, kvm};
}
