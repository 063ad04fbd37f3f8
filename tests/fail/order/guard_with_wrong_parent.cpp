// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard that is told what its parent holds, and given another one.
// EXPECT: guard_under_another_context<
// EXPECT: devlock::Held<devlock::vfio::VfioOrder, devlock::vfio::kvm_lock>
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::Guard<devlock::Held<VfioOrder>, devlock::Ordered<group_lock, std::mutex>> inner{vm, group};
}
