// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The owner is a guard, but not one of this context: its lock may have been given back.
// EXPECT: nest_owner_not_held<slot, shelf, 
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

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

devlock::Ordered<shelf, std::mutex> owner;
devlock::Ordered<slot, std::mutex> one;
devlock::Ordered<slot, std::mutex> two;

void move_content() {
  devlock::ThreadContext<Order> root;
  devlock::Guard outer{root, owner};
  devlock::Guard first{root, one, devlock::under(outer)};
}
