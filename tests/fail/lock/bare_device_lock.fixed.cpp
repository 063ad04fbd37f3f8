// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Through a guard.
#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

devlock::DeviceLock<devlock::StdSync> device;

bool in_order() {
  devlock::vfio::ThreadContext root;
  devlock::TryGuard guard{root, device};
  return guard.owns_lock();
}
