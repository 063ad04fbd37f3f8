// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A named guard is not returned: that would be a move.
// EXPECT: deleted
// EXPECT-ANYWHERE: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

devlock::Guard<devlock::Held<VfioOrder>, decltype(group)> lock_group(const ThreadContext& root) {
  devlock::Guard guard{root, group};
  return guard;
}
