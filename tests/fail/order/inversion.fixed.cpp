// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// group_lock is tried under kvm_lock: it never waits.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::TryGuard inner{vm, group};
}
