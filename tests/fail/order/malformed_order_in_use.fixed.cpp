// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// There is no cycle.
#include <mutex>

#include "devlock/devlock.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct second {
  static constexpr char name[] = "second";
};
struct Base : devlock::Hierarchy<devlock::Before<first, second>> {};
struct Order : devlock::Hierarchy<devlock::Extends<Base>> {};

devlock::Ordered<first, std::mutex> one;
devlock::Ordered<second, std::mutex> two;

void pass(devlock::ContextFor<Order, second> context) { devlock::Guard inner{context, two}; }
void take() {
  devlock::ThreadContext<Order> root;
  devlock::Guard outer{root, one};
  pass(outer);
  devlock::Guard inner{outer, two};
}
