// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is under the order.
#include <mutex>

#include "devlock/devlock.hpp"

struct first {
  static constexpr char name[] = "first";
};
struct Order : devlock::Hierarchy<devlock::Leaves<first>> {};

devlock::Ordered<first, std::mutex> plain;

void take() {
  devlock::ThreadContext<Order> root;
  devlock::TryGuard guard{root, plain};
}
