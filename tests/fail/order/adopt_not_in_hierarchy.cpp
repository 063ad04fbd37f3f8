// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock that was taken by other means joins the held set, so its class must be known as well.
// EXPECT: lock_class_not_in_hierarchy<
// EXPECT: stranger
// EXPECT: VfioOrder
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct stranger {
  static constexpr char name[] = "stranger";
};
devlock::Ordered<stranger, std::mutex> mine;

void taken_by_other_means() {
  ThreadContext root;
  mine.native().lock();
  devlock::Guard guard{root, mine, devlock::adopt};
}
