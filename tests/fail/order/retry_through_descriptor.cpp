// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An unbind that waits for this descriptor holds device_lock meanwhile: retrying is the first seed as a spin.
// EXPECT: Retry<
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: open_device
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct Session {
  using lifetime_class = open_device;
};
devlock::Ordered<device_lock, std::mutex> device;

bool reset_now(Session& session) {
  ThreadContext root;
  devlock::Through through{root, session};
  return devlock::retry(through, device, devlock::Attempts{3}, [](auto&) {});
}
