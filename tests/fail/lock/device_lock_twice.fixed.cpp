// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second is tried.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

using Device = devlock::DeviceLock<devlock::StdSync>;

void both(Device& one, Device& other) {
  ThreadContext root;
  devlock::Guard first{root, one.device()};
  devlock::TryGuard second{first, other};
}
