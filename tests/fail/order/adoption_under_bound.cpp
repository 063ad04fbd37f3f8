// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The callers may hold any lock before group_lock, so this is not before all locks.
// EXPECT: adoption_after_a_lock<
// EXPECT: open_device
// EXPECT: Below<
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct Session {
  using lifetime_class = open_device;
};

void use(devlock::vfio::ContextFor<group_lock> context, devlock::Parked<Session>& parked) {
  devlock::Adoption session{context, parked};
}
