// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two locks of one class: another thread may have them the other way round.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

devlock::Ordered<group_lock, std::mutex> other_group;

void swap_groups() {
  ThreadContext root;
  devlock::Guard first{root, group};
  devlock::Guard second{first, other_group};
}
