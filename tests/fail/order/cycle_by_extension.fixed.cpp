// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The edge the other way.
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

struct Base : devlock::Hierarchy<devlock::Before<first, third>, devlock::Before<third, second>> {};
struct Order : devlock::Hierarchy<devlock::Extends<Base>, devlock::Before<first, second>> {};
