// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A wait through a guard that may hold nothing.
// EXPECT: condition_wait_needs_a_guard<
// EXPECT: TryGuard<
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

void await() {
  ThreadContext root;
  devlock::TryGuard tried{root, group};
  changed.wait(tried, [] { return ready; });
}
