// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try needs no order.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<container_lock, std::mutex> container;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

void attach() {
  ThreadContext root;
  devlock::Guard outer{root, container};
  devlock::TryGuard inner{outer, dev_set};
}
