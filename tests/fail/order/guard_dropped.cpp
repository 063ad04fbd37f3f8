// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Without a name the guard ends with the statement, and nothing is locked after it.
// FLAGS: -Werror
// EXPECT: ignoring
// EXPECT: nodiscard
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;
using Group = devlock::Ordered<group_lock, std::mutex>;
using Kvm = devlock::Ordered<kvm_lock, std::mutex>;

Group group;
Kvm kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard{root, kvm};
}
