// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A reader reads it.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;
int groups DEVLOCK_GUARDED_BY(group) = 0;

int count() {
  ThreadContext root;
  devlock::SharedGuard reader{root, group};
  return groups;
}
