// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second of two devices: which comes first is not known to the type; a scope takes both in one order.
// EXPECT: same_class_held_already<
// EXPECT: device_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

using Device = devlock::DeviceLock<devlock::StdSync>;

void both(Device& one, Device& other) {
  ThreadContext root;
  devlock::Guard first{root, one.device()};
  devlock::Guard second{first, other};
}
