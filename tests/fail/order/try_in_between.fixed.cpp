// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// In the order of the edges, whatever is tried.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;
devlock::Ordered<group_lock, std::mutex> group;

void open_device() {
  ThreadContext root;
  devlock::TryGuard outer{root, group};
  devlock::Guard inner{outer, dev_set};
  devlock::Guard vm{inner, kvm};
}
