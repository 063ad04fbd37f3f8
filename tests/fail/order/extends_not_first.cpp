// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Extends among the edges.
// EXPECT: misplaced_part<devlock::Extends<Base>>
// EXPECT: an optional Extends<...>, an optional Leaves<...>, then Before<Outer, Inner> edges
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

struct Base : devlock::Hierarchy<devlock::Before<first, second>> {};
struct Order : devlock::Hierarchy<devlock::Before<second, third>, devlock::Extends<Base>> {};
