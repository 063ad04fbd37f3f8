// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A callee that may be called with anything before kvm_lock held waits for group_lock.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: Below<
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;

void reset_all(devlock::vfio::ContextFor<kvm_lock> context) { devlock::Guard guard{context, group}; }
