// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Extends is the first element.
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
struct Order : devlock::Hierarchy<devlock::Extends<Base>, devlock::Leaves<third>> {};
