// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// group_lock is named; that the notifier does not need it is the promise of who writes this.
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
