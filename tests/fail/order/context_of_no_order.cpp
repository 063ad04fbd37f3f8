// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A root of a struct that is no hierarchy. It is one error, whatever is done with the context.
// EXPECT: is_order<NotAnOrder>
// EXPECT: a complete struct that derives from devlock::Hierarchy<...>
// MAX-LINES: 10
#include <mutex>

#include "devlock/devlock.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct second {
  static constexpr char name[] = "second";
};
struct NotAnOrder {};

devlock::Ordered<first, std::mutex> one;
devlock::Ordered<second, std::mutex> two;

void take() {
  devlock::ThreadContext<NotAnOrder> root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, two};
}
