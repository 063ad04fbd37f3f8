// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex that was not put under the order.
// EXPECT: lock_without_class<
// EXPECT: mutex
// EXPECT: VfioOrder
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

std::mutex plain;

void take() {
  ThreadContext root;
  devlock::Guard guard{root, plain};
}
