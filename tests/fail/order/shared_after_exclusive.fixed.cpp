// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second is tried, which never waits.
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;
devlock::Ordered<group_lock, std::shared_mutex> other;

void walk() {
  ThreadContext root;
  devlock::Guard first{root, group};
  devlock::SharedTryGuard second{first, other};
}
