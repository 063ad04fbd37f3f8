// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// release() gives it back early.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<group_lock, std::mutex> other;

void swap_them() {
  ThreadContext root;
  devlock::Guard first{root, group};
  first.release();
  devlock::Guard second{root, other};
}
