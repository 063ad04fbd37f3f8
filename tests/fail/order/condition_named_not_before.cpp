// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// kvm_lock is named, but does not precede group_lock, which the wait takes again when it ends.
// EXPECT: condition_wait_named_lock_not_before<
// EXPECT: group_lock
// EXPECT: kvm_lock
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
  devlock::TryGuard vm{root, kvm};
  group.native().lock();
  devlock::Guard inner{vm, group, devlock::adopt};
  changed.wait(inner, devlock::holding<kvm_lock>, [] { return ready; });
}
