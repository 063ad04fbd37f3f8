// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The struct is one.
#include <mutex>

#include "devlock/devlock.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct second {
  static constexpr char name[] = "second";
};
struct Order : devlock::Hierarchy<devlock::Before<first, second>> {};

devlock::Ordered<first, std::mutex> one;
devlock::Ordered<second, std::mutex> two;

void take() {
  devlock::ThreadContext<Order> root;
  devlock::Guard outer{root, one};
  devlock::Guard inner{outer, two};
}
