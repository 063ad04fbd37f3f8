// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A class before itself.
// MAX-LINES: 10
// EXPECT: cycle<second, second>
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

struct Order : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<second, second>> {};
