// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A function that sleeps starts from a root, or is given a predicate to try.
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

void sleep_on_it() {
  ThreadContext context;
  devlock::Guard vm{context, kvm};
  changed.wait(vm, [] { return ready; });
}
