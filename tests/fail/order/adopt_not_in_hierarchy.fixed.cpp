// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A class of the hierarchy.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> mine;

void taken_by_other_means() {
  ThreadContext root;
  mine.native().lock();
  devlock::Guard guard{root, mine, devlock::adopt};
}
