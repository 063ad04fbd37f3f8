// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The first group_lock was only tried: it is held all the same, and which of the two comes first is not known.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<group_lock, std::mutex> other;

bool both() {
  ThreadContext root;
  devlock::TryGuard first{root, group};
  if (!first) {
    return false;
  }
  devlock::Guard second{first, other};
  return true;
}
