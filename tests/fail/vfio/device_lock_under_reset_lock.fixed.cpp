// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A slot reset takes them in this order.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<reset_lock, std::mutex> one;
devlock::Ordered<device_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, other};
  devlock::Guard inner{outer, one};
}
