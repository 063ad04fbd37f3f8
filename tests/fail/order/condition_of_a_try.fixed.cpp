// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard holds its lock.
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

void await() {
  ThreadContext root;
  devlock::Guard guard{root, group};
  changed.wait(guard, [] { return ready; });
}
