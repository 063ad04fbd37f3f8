// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A moved guard would leave its set behind.
// EXPECT: Guard
// EXPECT: Held<devlock::vfio::VfioOrder>
// EXPECT: devlock::vfio::group_lock
// EXPECT: deleted
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>
#include <utility>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void hand_on() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard moved = std::move(outer);
}
