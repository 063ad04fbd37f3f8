// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// device_lock first.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<config_access, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, other};
  devlock::Guard inner{outer, one};
}
