// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Reported although it is right: Clang does not follow a guard out of a function. 14 says so where it ends, 19 where
// it is made.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT-ANYWHERE: held
// EXPECT-ANYWHERE: -Wthread-safety-analysis
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

auto lock_group(const ThreadContext& root) DEVLOCK_REQUIRES(root) { return devlock::Guard{root, group}; }

void reset_all() {
  ThreadContext root;
  const auto outer = lock_group(root);
}
