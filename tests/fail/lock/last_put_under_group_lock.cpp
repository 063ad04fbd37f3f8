// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The third seed: whoever gives the last reference to a VM back destroys it, and that waits for group_lock.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Reference<devlock::StdSync, VfioOrder, group_lock> vm;

void unlink() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  vm.put(outer, [](auto) {});
}
