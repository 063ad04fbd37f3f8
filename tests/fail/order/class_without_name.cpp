// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A class without a name.
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
struct third {};

struct Order : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<second, third>> {};
