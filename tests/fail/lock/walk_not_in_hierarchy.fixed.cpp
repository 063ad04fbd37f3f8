// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A class of the hierarchy.
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

void reset_all(Buses& scope) {
  ThreadContext root;
  devlock::HierarchicalTryLock locked{root, scope};
}
