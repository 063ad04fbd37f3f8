// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A class whose name is empty.
// MAX-LINES: 10
// EXPECT: lock_class_without_name<third>
// EXPECT: a lock class needs
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
  static constexpr char name[] = "";
};

struct Order : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<second, third>> {};
