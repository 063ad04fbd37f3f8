// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The config-access block alone follows memory_lock.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<memory_lock, std::mutex> memory;
devlock::DeviceLock<devlock::StdSync> device;

void reset() {
  ThreadContext root;
  devlock::Guard outer{root, memory};
  devlock::Guard inner{outer, device.config()};
}
