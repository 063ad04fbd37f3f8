// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Before the group's lock it is permitted.
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
  devlock::HierarchicalLock<devlock::Held<VfioOrder>, Device> outer{root, scope};
  devlock::Guard inner{outer, group};
}
