// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second is tried too.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<group_lock, std::mutex> other;

bool both() {
  ThreadContext root;
  devlock::TryGuard first{root, group};
  if (!first) {
    return false;
  }
  devlock::TryGuard second{first, other};
  return second.owns_lock();
}
