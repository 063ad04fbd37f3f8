// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The VM first.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<mdevs_lock, std::mutex> one;
devlock::Ordered<kvm_lock, std::mutex> other;

void f() {
  ThreadContext root;
  devlock::Guard outer{root, other};
  devlock::Guard inner{outer, one};
}
