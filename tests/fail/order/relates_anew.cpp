// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two classes that the base leaves incomparable; a function compiled against the base relied on that.
// EXPECT: relates_anew<second, third>
// EXPECT: declare that edge in the base
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

struct Base : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<first, third>> {};
struct Order : devlock::Hierarchy<devlock::Extends<Base>, devlock::Before<second, third>> {};
