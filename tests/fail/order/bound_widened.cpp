// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A ContextFor passes on what follows its bound, not what precedes it.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: Below<devlock::vfio::kvm_lock>
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

void open_group(devlock::vfio::ContextFor<group_lock>) {}
void work(devlock::vfio::ContextFor<kvm_lock> context) { open_group(context); }
