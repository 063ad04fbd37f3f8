// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The edge of the extension closes a cycle through an edge of its base.
// EXPECT: cycle<first, third, second, first>
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

struct Base : devlock::Hierarchy<devlock::Before<first, third>, devlock::Before<third, second>> {};
struct Order : devlock::Hierarchy<devlock::Extends<Base>, devlock::Before<second, first>> {};
