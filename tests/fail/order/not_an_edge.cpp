// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A hierarchy over something else than edges.
// MAX-LINES: 10
// EXPECT: misplaced_part<third>
// EXPECT: a Hierarchy is an optional Extends<...>, an optional Leaves<...>, then Before<Outer, Inner> edges
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

struct Order : devlock::Hierarchy<devlock::Before<first, second>, third> {};
