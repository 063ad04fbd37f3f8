// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The class that the hierarchy has.
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

devlock::Ordered<second, std::mutex> mine;

void take() {
  devlock::ThreadContext<Order> root;
  devlock::Guard guard{root, mine};
}
