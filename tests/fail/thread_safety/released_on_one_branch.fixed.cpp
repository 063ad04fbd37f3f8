// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The branch that releases it returns.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all(bool early) {
  ThreadContext root;
  devlock::Guard outer{root, group};
  if (early) {
    outer.release();
    return;
  }
  devlock::Guard vm{outer, kvm};
}
