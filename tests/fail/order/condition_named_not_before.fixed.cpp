// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is named precedes the lock that is waited with.
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
  changed.wait(vm, devlock::holding<group_lock>, [] { return ready; });
}
