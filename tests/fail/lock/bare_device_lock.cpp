// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A device has no try_lock() of its own.
// EXPECT-gcc: is private within this context
// EXPECT-clang: is a private member
// EXPECT: try_lock
// EXPECT: DeviceLock<
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

devlock::DeviceLock<devlock::StdSync> device;

void past_the_order() {
  if (device.try_lock()) {
    device.unlock();
  }
}
