// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A retry that ends by itself, under the name that says so.
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
  return devlock::retry_bounded(through, device, devlock::Attempts{3}, [](auto&) {});
}
