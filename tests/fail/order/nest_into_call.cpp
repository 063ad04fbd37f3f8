// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A slot is held under its nest lock; the callee waits for a slot and knows nothing of the nest.
// EXPECT: same_class_held_already<
// EXPECT: slot
// EXPECT: Nested<slot, shelf>
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

void take(devlock::ContextFor<Order, slot> context) { devlock::Guard guard{context, two}; }

void move_content() {
  devlock::ThreadContext<Order> root;
  devlock::Guard outer{root, owner};
  devlock::Guard first{outer, one, devlock::under(outer)};
  take(first);
}
