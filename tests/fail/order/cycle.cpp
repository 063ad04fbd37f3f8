// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The edges close a cycle; the message shows its classes in order.
// MAX-LINES: 10
// EXPECT: cycle<first, second, third, first>
// EXPECT: remove one edge
// EXPECT-NOT: Hierarchy<devlock
// EXPECT-NOT: Before<first
#include "devlock/order/hierarchy.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct second {
  static constexpr char name[] = "second";
};
struct third {
  static constexpr char name[] = "third";
};

struct Order : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<second, third>, devlock::Before<third, first>> {};
