// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try may have failed, so data that its lock guards is not touched under it.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'groups' requires holding
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

int groups DEVLOCK_GUARDED_BY(group) = 0;

void count() {
  ThreadContext root;
  devlock::TryGuard outer{root, group};
  ++groups;
}
