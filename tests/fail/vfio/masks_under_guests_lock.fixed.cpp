// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The masks first, so that check and commit are one step.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<guests_lock, std::mutex> one;
devlock::Ordered<ap_perms_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, other};
  devlock::Guard inner{outer, one};
}
