// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It names an order.
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
struct Order : devlock::Hierarchy<devlock::Extends<Base>, devlock::Before<second, third>> {};
