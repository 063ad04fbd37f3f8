// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A callee that retries device_lock says so by its parameter, and is not called with a descriptor open.
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

bool take(devlock::vfio::ContextFor<device_lock> context) {
  return devlock::retry(context, device, devlock::Attempts{3}, [](auto&) {});
}
bool reset_now(Session& session) {
  ThreadContext root;
  devlock::Through through{root, session};
  return take(through);
}
