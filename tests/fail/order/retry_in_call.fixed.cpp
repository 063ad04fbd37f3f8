// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is called with nothing held that follows device_lock.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<device_lock, std::mutex> device;

bool take(devlock::vfio::ContextFor<device_lock> context) {
  return devlock::retry(context, device, devlock::Attempts{3}, [](auto&) {});
}
bool reset_now() {
  ThreadContext root;
  return take(root);
}
