// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The permission of a nest does not pass through a call: the callee cannot know that the owner is held.
// EXPECT: nest_owner_not_held<slot, shelf, 
// EXPECT: Below<
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

using Owner = devlock::Guard<devlock::Held<Order>, devlock::Ordered<shelf, std::mutex>>;

void take(devlock::ContextFor<Order, slot> context, const Owner& outer) {
  devlock::Guard first{context, one, devlock::under(outer)};
}
