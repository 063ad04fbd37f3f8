// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The leaf is the inner one.
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

struct Order : devlock::Hierarchy<devlock::Leaves<second>, devlock::Before<first, third>, devlock::Before<third, second>> {};
