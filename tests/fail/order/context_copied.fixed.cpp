// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Each guard is the context of the next.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void twice() {
  ThreadContext root;
  devlock::Guard first{root, group};
  devlock::Guard inner{first, kvm};
}
