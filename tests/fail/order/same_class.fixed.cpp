// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The second one is tried.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

devlock::Ordered<group_lock, std::mutex> other_group;

void swap_groups() {
  ThreadContext root;
  devlock::Guard first{root, group};
  devlock::TryGuard second{first, other_group};
}
