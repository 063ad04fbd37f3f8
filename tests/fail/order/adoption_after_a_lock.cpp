// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A parked session is reached under group_lock, while who must close it may wait for group_lock to reach it.
// EXPECT: adoption_after_a_lock<
// EXPECT: open_device
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct Session {
  using lifetime_class = open_device;
};
devlock::Ordered<group_lock, std::mutex> group;

void use(devlock::Parked<Session>& parked) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Adoption session{outer, parked};
}
