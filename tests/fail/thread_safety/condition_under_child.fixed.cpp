// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The inner one is given back before.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<memory_lock, std::mutex> memory;
devlock::Condition<std::condition_variable_any> changed;
bool ready = false;

bool await(std::chrono::steady_clock::time_point deadline) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  { devlock::Guard inner{outer, memory}; }
  return changed.wait_until(outer, deadline, [] { return ready; });
}
