// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// In order.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void taken_by_other_means() {
  ThreadContext root;
  group.native().lock();
  devlock::Guard outer{root, group, devlock::adopt};
  devlock::Guard vm{outer, kvm};
}
