// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A walk that waits is a wait: device_lock under group_lock.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <array>
#include <mutex>
#include <span>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
using Bus = devlock::Ordered<device_lock, std::mutex>;
struct Buses {
  using lock_type = Bus;
  std::span<Bus* const> locks() const { return list; }
  std::array<Bus*, 1> list;
};

void reset_all(Buses& scope) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::HierarchicalLock locked{outer, scope};
}
