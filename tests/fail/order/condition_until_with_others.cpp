// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same for a wait with a deadline: until it passes, it waits.
// EXPECT: condition_wait_with_locks_held<
// EXPECT: kvm_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

bool sleep_on_it(std::chrono::steady_clock::time_point deadline) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard vm{outer, kvm};
  return changed.wait_until(vm, deadline, [] { return ready; });
}
