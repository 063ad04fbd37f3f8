// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The walk that tries compiles under any context.
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
  devlock::HierarchicalTryLock locked{outer, scope};
}
