// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same mutex, bound.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

std::mutex plain;
devlock::Ordered<group_lock, std::mutex&> bound(plain);

void take() {
  ThreadContext root;
  devlock::Guard guard{root, bound};
}
