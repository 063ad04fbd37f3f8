// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same the other way round: neither way is approved.
// EXPECT: no_order_between<
// EXPECT: container_lock
// EXPECT: dev_set_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<container_lock, std::mutex> container;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

void attach() {
  ThreadContext root;
  devlock::Guard outer{root, container};
  devlock::Guard inner{outer, dev_set};
}
