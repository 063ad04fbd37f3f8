// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two orders, each without a cycle, that no order can extend both.
// EXPECT: cycle<first, second, first>
// EXPECT: remove one edge
// MAX-LINES: 10
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

struct One : devlock::Hierarchy<devlock::Before<first, second>> {};
struct Other : devlock::Hierarchy<devlock::Before<second, first>> {};
struct Order : devlock::Hierarchy<devlock::Extends<One, Other>, devlock::Before<second, third>> {};
