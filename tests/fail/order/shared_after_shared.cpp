// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Between the two readers a writer may be queued: then the second one waits for it, and it for the first.
// EXPECT: shared_after_shared<
// EXPECT: group_lock
// EXPECT: Shared<
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;
devlock::Ordered<group_lock, std::shared_mutex> other;

void walk() {
  ThreadContext root;
  devlock::SharedGuard first{root, group};
  devlock::SharedGuard second{first, other};
}
