// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Such a walk may try.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<bus_list_lock, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::TryGuard inner{outer, other};
}
