// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The bound itself is held: the callee would wait for it a second time.
// EXPECT: same_class_held_already<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;

void open_group(devlock::vfio::ContextFor<group_lock> context) { devlock::Guard guard{context, group}; }

void twice() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  open_group(outer);
}
