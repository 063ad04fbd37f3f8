// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// From a root.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct Session {
  using lifetime_class = open_device;
};

void use(ThreadContext& context, devlock::Parked<Session>& parked) {
  devlock::Adoption session{context, parked};
}
