// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Closing waits until every open descriptor is gone; who holds one may need group_lock.
// EXPECT: lock_order_inversion<
// EXPECT: open_device
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Rundown<devlock::StdSync, VfioOrder, open_device> handles;
devlock::Ordered<group_lock, std::mutex> group;

void drain() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  handles.close(outer);
}
