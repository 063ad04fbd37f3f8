// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// With a name it lasts.
#include <mutex>
#include <span>

#include "devlock/devlock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"

using namespace devlock::vfio;
using Device = devlock::Ordered<device_lock, std::mutex>;

struct Scope {
  using lock_type = Device;
  std::span<Device* const> locks() const { return {}; }
};

bool reset_all(const Scope& scope) {
  ThreadContext root;
  devlock::HierarchicalTryLock locked{root, scope};
  return locked.owns_lock();
}
