// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Create and remove try it.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<attribute, std::mutex> one;
devlock::Ordered<unreg_sem, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, one};
  devlock::TryGuard inner{outer, other};
}
