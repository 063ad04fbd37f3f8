// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reported although it is right: Clang takes two elements of an array for one.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: acquiring mutex 'slots[1]' that is already held
#include <mutex>

#include "devlock/devlock.hpp"

struct shelf {
  static constexpr char name[] = "shelf";
};
struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = shelf;
};
struct Order : devlock::Hierarchy<devlock::Before<shelf, slot>> {};

devlock::Ordered<shelf, std::mutex> whole;
devlock::Ordered<slot, std::mutex> slots[3];

void swap() {
  devlock::ThreadContext<Order> root;
  devlock::Guard owner{root, whole};
  devlock::Guard second{owner, slots[2], devlock::under(owner)};
  devlock::Guard first{second, slots[1], devlock::under(owner)};
}
