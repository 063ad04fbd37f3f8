// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Readers in order.
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::shared_mutex> group;
devlock::Ordered<kvm_lock, std::shared_mutex> kvm;

void walk() {
  ThreadContext root;
  devlock::SharedGuard outer{root, group};
  devlock::SharedGuard vm{outer, kvm};
}
