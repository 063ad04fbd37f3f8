// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two classes of one name.
// MAX-LINES: 10
// EXPECT: two_classes_of_one_name<first, third>
// EXPECT: give each class its own
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

struct Order : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<second, third>> {};
