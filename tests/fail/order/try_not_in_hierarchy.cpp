// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try goes in any order, but not with a class that the hierarchy does not know.
// EXPECT: lock_class_not_in_hierarchy<
// EXPECT: big_lock
// EXPECT: VfioOrder
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

struct big_lock {
  static constexpr char name[] = "big_lock";
};

devlock::Ordered<big_lock, std::mutex> big;

void take() {
  devlock::vfio::ThreadContext root;
  devlock::TryGuard guard{root, big};
}
