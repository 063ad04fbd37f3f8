// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex that was not put under the order, tried.
// EXPECT: lock_without_class<
// EXPECT: mutex
// EXPECT: Order
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct Order : devlock::Hierarchy<devlock::Leaves<first>> {};

std::mutex plain;

void take() {
  devlock::ThreadContext<Order> root;
  devlock::TryGuard guard{root, plain};
}
