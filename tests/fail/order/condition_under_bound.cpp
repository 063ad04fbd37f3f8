// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Which locks the callers hold is not known here, and the wait keeps all of them.
// EXPECT: condition_wait_under_unknown_locks<
// EXPECT: kvm_lock
// EXPECT: Below<
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

void sleep_on_it(devlock::vfio::ContextFor<kvm_lock> context) {
  devlock::Guard vm{context, kvm};
  changed.wait(vm, [] { return ready; });
}
