// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A wait gives the guard's lock back and takes it again; a guard that was released has none.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'guard.entered'
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
  guard.release();
  changed.wait(guard, [] { return ready; });
}
