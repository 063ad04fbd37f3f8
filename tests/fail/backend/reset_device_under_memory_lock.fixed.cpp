// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// igate precedes memory_lock.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<igate, std::mutex> interrupts;

devlock::Result<void> reset_now(devlock::linux_host::Host::Device& device) {
  ThreadContext root;
  devlock::Guard set_up{root, interrupts};
  return device.reset(set_up);
}
