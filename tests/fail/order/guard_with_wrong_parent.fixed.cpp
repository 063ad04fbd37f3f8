// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The deduced guard asks its parent.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard<devlock::Held<VfioOrder>, devlock::Ordered<group_lock, std::mutex>> outer{root, group};
  devlock::Guard vm{outer, kvm};
}
