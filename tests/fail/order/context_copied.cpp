// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A copy of a context would still say that nothing is held.
// EXPECT-gcc: use of deleted function
// EXPECT-clang: call to deleted constructor
// EXPECT: ThreadContext
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void twice() {
  ThreadContext root;
  const ThreadContext second = root;
  devlock::Guard first{root, group};
  devlock::Guard inner{second, kvm};
}
