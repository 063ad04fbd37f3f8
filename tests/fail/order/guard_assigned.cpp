// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard that is assigned to would give a lock back without an end of its scope.
// EXPECT-gcc: use of deleted function
// EXPECT-clang: implicitly deleted
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<group_lock, std::mutex> other;

void swap_them() {
  ThreadContext root;
  devlock::Guard first{root, group};
  first = devlock::Guard{root, other};
}
