// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A reader of a class that this thread holds as a writer.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
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
  devlock::Guard first{root, group};
  devlock::SharedGuard second{first, other};
}
