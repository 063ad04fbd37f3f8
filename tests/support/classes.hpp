// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A small hierarchy for tests, with every relation that two classes can have:
//
//   first ≺ second ≺ third, first ≺ aside, and `aside` is incomparable with second and third. `stranger` is in no edge.
#pragma once

#include "devlock/order/hierarchy.hpp"

namespace test {

struct first {
  static constexpr char name[] = "first";
};
struct second {
  static constexpr char name[] = "second";
};
struct third {
  static constexpr char name[] = "third";
};
struct aside {
  static constexpr char name[] = "aside";
};
struct stranger {
  static constexpr char name[] = "stranger";
};

struct Order : devlock::Hierarchy<devlock::Before<first, second>,  //
                                  devlock::Before<second, third>,  //
                                  devlock::Before<first, aside>> {};

}  // namespace test
