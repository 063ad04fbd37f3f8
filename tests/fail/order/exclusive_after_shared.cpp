// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A writer of a class that this thread reads: an upgrade waits for its own reader.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// EXPECT: Shared<
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;

void upgrade() {
  ThreadContext root;
  devlock::SharedGuard reader{root, group};
  devlock::Guard writer{reader, group};
}
