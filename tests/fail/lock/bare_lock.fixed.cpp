// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Through a guard.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void past_the_order() {
  ThreadContext root;
  devlock::Guard guard{root, group};
}
