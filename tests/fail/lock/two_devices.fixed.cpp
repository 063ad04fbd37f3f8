// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second one is tried.
#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::DeviceLock<devlock::StdSync> device;
devlock::DeviceLock<devlock::StdSync> other;

void both() {
  ThreadContext root;
  devlock::Guard first{root, device};
  devlock::TryGuard second{first, other};
}
