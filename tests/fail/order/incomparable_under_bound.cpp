// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// No path connects igate with what the callers may hold, which is anything before kvm_lock.
// EXPECT: no_order_between<
// EXPECT: igate
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<igate, std::mutex> interrupts;

void enable(devlock::vfio::ContextFor<kvm_lock> context) { devlock::Guard guard{context, interrupts}; }
