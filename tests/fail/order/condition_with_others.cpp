// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The wait gives kvm_lock back and keeps group_lock, which the notifier may need.
// EXPECT: condition_wait_with_locks_held<
// EXPECT: kvm_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

void sleep_on_it() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard vm{outer, kvm};
  changed.wait(vm, [] { return ready; });
}
