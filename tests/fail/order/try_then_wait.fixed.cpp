// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What was tried comes first in the order.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

bool open_device() {
  ThreadContext root;
  devlock::TryGuard outer{root, group};
  if (!outer) {
    return false;
  }
  devlock::Guard inner{outer, dev_set};
  return true;
}
