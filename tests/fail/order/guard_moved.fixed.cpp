// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The guard stays where it is and is given back early.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void hand_on() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  outer.release();
}
