// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// VFIO_DEVICE_RESET waits for the kernel's memory_lock, which the caller's own lock stands beside.
// EXPECT: same_class_held_already<
// EXPECT: memory_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<memory_lock, std::mutex> regions;

devlock::Result<void> reset_now(devlock::linux_host::Host::Device& device) {
  ThreadContext root;
  devlock::Guard mapped{root, regions};
  return device.reset(mapped);
}
