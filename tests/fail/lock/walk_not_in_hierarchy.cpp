// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A walk that tries asks for no order, but the class of what it takes must be known.
// EXPECT: lock_class_not_in_hierarchy<
// EXPECT: stranger
// EXPECT: VfioOrder
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <array>
#include <mutex>
#include <span>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct stranger {
  static constexpr char name[] = "stranger";
};
using Bus = devlock::Ordered<stranger, std::mutex>;
struct Buses {
  using lock_type = Bus;
  std::span<Bus* const> locks() const { return list; }
  std::array<Bus*, 1> list;
};

void reset_all(Buses& scope) {
  ThreadContext root;
  devlock::HierarchicalTryLock locked{root, scope};
}
