// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A new class has the name of a class of the base.
// EXPECT: name_taken_in_a_base<third>
// EXPECT: give each class its own
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
  static constexpr char name[] = "first";
};

struct Base : devlock::Hierarchy<devlock::Before<first, second>> {};
struct Order : devlock::Hierarchy<devlock::Extends<Base>, devlock::Before<second, third>> {};
