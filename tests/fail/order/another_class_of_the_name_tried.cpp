// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A class that is not in the hierarchy, but has the name of one that is; tried.
// EXPECT: another_class_of_this_name<
// EXPECT: elsewhere::second
// EXPECT: second, 
// EXPECT: Order
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct second {
  static constexpr char name[] = "second";
};
struct Order : devlock::Hierarchy<devlock::Before<first, second>> {};

namespace elsewhere {
struct second {
  static constexpr char name[] = "second";
};
}  // namespace elsewhere

devlock::Ordered<elsewhere::second, std::mutex> mine;

void take() {
  devlock::ThreadContext<Order> root;
  devlock::TryGuard guard{root, mine};
}
