// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A leaf comes after everything, of later extensions too; nothing comes after it.
// EXPECT: edge_from_leaf<second, third>
// EXPECT: no edge leads out of it
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

struct Order : devlock::Hierarchy<devlock::Leaves<second>, devlock::Before<first, third>, devlock::Before<second, third>> {};
