// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Data that a lock guards is written under a reader's guard.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'groups' requires holding
// EXPECT: exclusively
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;
int groups DEVLOCK_GUARDED_BY(group) = 0;

void count() {
  ThreadContext root;
  devlock::SharedGuard reader{root, group};
  ++groups;
}
