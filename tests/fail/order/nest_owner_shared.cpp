// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A reader of the nest lock is not alone: two of them could take the slots in opposite order.
// EXPECT: not_the_nest_owner<
// EXPECT: slot
// EXPECT: Shared<shelf>
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

struct shelf {
  static constexpr char name[] = "shelf";
};
struct cupboard {
  static constexpr char name[] = "cupboard";
};
struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = shelf;
};
struct Order : devlock::Hierarchy<devlock::Before<cupboard, shelf>, devlock::Before<shelf, slot>> {};

devlock::Ordered<shelf, std::shared_mutex> owner;
devlock::Ordered<slot, std::mutex> one;
devlock::Ordered<slot, std::mutex> two;

void move_content() {
  devlock::ThreadContext<Order> root;
  devlock::SharedGuard outer{root, owner};
  devlock::Guard first{outer, one, devlock::under(outer)};
}
