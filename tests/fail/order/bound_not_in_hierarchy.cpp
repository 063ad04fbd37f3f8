// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A parameter with a bound that the hierarchy does not know.
// EXPECT: the class of a ContextFor is not in its hierarchy
// EXPECT-ANYWHERE: big_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<devlock
#include <mutex>

#include "devlock/devlock.hpp"

struct big_lock {
  static constexpr char name[] = "big_lock";
};

void wait_for(devlock::vfio::ContextFor<big_lock> context);

void caller() {
  devlock::vfio::ThreadContext root;
  wait_for(root);
}
