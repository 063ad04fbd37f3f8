// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is touched before.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

int groups DEVLOCK_GUARDED_BY(group) = 0;

void count() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  ++groups;
  outer.release();
}
