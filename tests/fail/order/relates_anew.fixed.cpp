// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The relation is declared in the base.
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

struct Base : devlock::Hierarchy<devlock::Before<first, second>, devlock::Before<first, third>, devlock::Before<second, third>> {};
struct Order : devlock::Hierarchy<devlock::Extends<Base>> {};
