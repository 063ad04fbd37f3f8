// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An Extends of a struct that is no hierarchy.
// EXPECT: not_a_hierarchy<first>
// EXPECT: derive from devlock::Hierarchy<...>
// EXPECT-NOT: Hierarchy<devlock
// EXPECT-NOT: Before<first
// MAX-LINES: 10
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

struct Order : devlock::Hierarchy<devlock::Extends<first>, devlock::Before<first, second>, devlock::Before<second, third>> {};
