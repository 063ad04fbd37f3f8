// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try under a nest lock claims the nest too, so the owner must be the one that the class names.
// EXPECT: not_the_nest_owner<slot, cupboard, 
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

devlock::Ordered<cupboard, std::mutex> around;

void move_content() {
  devlock::ThreadContext<Order> root;
  devlock::Guard outer{root, around};
  devlock::TryGuard first{outer, one, devlock::under(outer)};
}
