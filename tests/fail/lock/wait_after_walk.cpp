// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a walk took by trying is held by the next wait.
// EXPECT: lock_order_inversion<
// EXPECT: rescan_remove_lock
// EXPECT: device_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <array>
#include <mutex>
#include <span>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

using Bus = devlock::Ordered<device_lock, std::mutex>;
devlock::Ordered<rescan_remove_lock, std::mutex> rescan;
struct Buses {
  using lock_type = Bus;
  std::span<Bus* const> locks() const { return list; }
  std::array<Bus*, 1> list;
};

void reset_all(Buses& scope) {
  ThreadContext root;
  devlock::HierarchicalTryLock locked{root, scope};
  devlock::Guard outer{locked, rescan};
}
