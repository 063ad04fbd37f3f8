// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two scopes that wait under one thread: which of their locks come first is not known.
// EXPECT: same_class_held_already<
// EXPECT: device_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <array>
#include <mutex>
#include <span>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

using Bus = devlock::Ordered<device_lock, std::mutex>;
struct Buses {
  using lock_type = Bus;
  std::span<Bus* const> locks() const { return list; }
  std::array<Bus*, 1> list;
};

void reset_all(Buses& scope, Buses& other) {
  ThreadContext root;
  devlock::HierarchicalLock locked{root, scope};
  devlock::HierarchicalLock more{locked, other};
}
