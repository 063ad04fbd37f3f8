// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Without a name the guard ends with the statement, and nothing is locked after it.
// FLAGS: -Werror
// EXPECT: ignoring
// EXPECT: nodiscard
// MAX-LINES: 10
// EXPECT-NOT: Before<
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

void reset_all(const Scope& scope) {
  ThreadContext root;
  devlock::HierarchicalTryLock{root, scope};
}
