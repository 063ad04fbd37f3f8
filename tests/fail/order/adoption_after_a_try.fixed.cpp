// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The adoption comes first.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct Session {
  using lifetime_class = open_device;
};
devlock::Ordered<group_lock, std::mutex> group;

void use(devlock::Parked<Session>& parked) {
  ThreadContext root;
  devlock::Adoption session{root, parked};
  devlock::TryGuard inner{session, group};
}
