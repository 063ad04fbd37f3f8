// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The type of the walk is written out and says that group_lock is held.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <span>

#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;
using Device = devlock::Ordered<device_lock, std::mutex>;

struct Scope {
  using lock_type = Device;
  std::span<Device* const> locks() const { return {}; }
};
devlock::Ordered<group_lock, std::mutex> group;

void reset_all(const Scope& scope) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::HierarchicalLock<devlock::Held<VfioOrder, group_lock>, Device> inner{outer, scope};
}
