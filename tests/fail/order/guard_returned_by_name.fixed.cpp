// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard that is made in the return statement is made in the caller.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

devlock::Guard<devlock::Held<VfioOrder>, decltype(group)> lock_group(const ThreadContext& root) {
  return devlock::Guard{root, group};
}
