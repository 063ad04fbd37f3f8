// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Each gets a name of its own.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
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
  auto& left = slots[1];
  auto& right = slots[2];
  devlock::Guard owner{root, whole};
  devlock::Guard second{owner, right, devlock::under(owner)};
  devlock::Guard first{second, left, devlock::under(owner)};
}
