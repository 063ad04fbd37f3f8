// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// They are tried, which never waits.
#include <array>
#include <mutex>
#include <span>

#include "devlock/devlock.hpp"

struct shelf {
  static constexpr char name[] = "shelf";
};
struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = shelf;
};
struct Order : devlock::Hierarchy<devlock::Before<shelf, slot>> {};

using Bus = devlock::Ordered<slot, std::mutex>;
struct Buses {
  using lock_type = Bus;
  std::span<Bus* const> locks() const { return list; }
  std::array<Bus*, 1> list;
};

void reset_all(Buses& scope) {
  devlock::ThreadContext<Order> root;
  devlock::HierarchicalTryLock locked{root, scope};
}
