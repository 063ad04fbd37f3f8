// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One after the other instead of nested.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<container_lock, std::mutex> container;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

void attach() {
  ThreadContext root;
  { devlock::Guard first{root, dev_set}; }
  devlock::Guard second{root, container};
}
