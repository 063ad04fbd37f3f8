// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two devices, one after the other: which comes first is not known.
// EXPECT: same_class_held_already<
// EXPECT: device_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::DeviceLock<devlock::StdSync> device;
devlock::DeviceLock<devlock::StdSync> other;

void both() {
  ThreadContext root;
  devlock::Guard first{root, device};
  devlock::Guard second{first, other};
}
