// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard that is released on one of two branches is no context after them.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'outer.entered' that was not held
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
  }
  devlock::Guard vm{outer, kvm};
}
