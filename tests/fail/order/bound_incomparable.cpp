// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// No path connects igate, which is held, with kvm_lock, for which the callee waits.
// EXPECT: no_order_between<
// EXPECT: kvm_lock
// EXPECT: igate
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<igate, std::mutex> interrupts;

void link(devlock::vfio::ContextFor<kvm_lock>) {}

void enable() {
  ThreadContext root;
  devlock::Guard outer{root, interrupts};
  link(outer);
}
