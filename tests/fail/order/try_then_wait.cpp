// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// dev_set_lock was only tried, but is held while group_lock is waited for: against (group_lock, dev_set_lock) a deadlock.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: dev_set_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

bool open_device() {
  ThreadContext root;
  devlock::TryGuard inner{root, dev_set};
  if (!inner) {
    return false;
  }
  devlock::Guard outer{inner, group};
  return true;
}
