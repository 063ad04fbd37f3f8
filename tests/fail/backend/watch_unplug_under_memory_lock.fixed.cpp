// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Asked for before the lock is taken.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<memory_lock, std::mutex> regions;

devlock::Result<void> watch(devlock::linux_host::Host::Device& device) {
  ThreadContext root;
  auto watched = device.watch_unplug(root);
  devlock::Guard mapped{root, regions};
  return watched;
}
