// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Closing a group waits for its group_lock in the kernel.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> record;

devlock::Result<void> give_back(devlock::linux_host::Host::Group& group) {
  ThreadContext root;
  devlock::Guard entry{root, record};
  return group.close(entry);
}
