// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The reader is given back first.
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;

void upgrade() {
  ThreadContext root;
  { devlock::SharedGuard reader{root, group}; }
  devlock::Guard writer{root, group};
}
