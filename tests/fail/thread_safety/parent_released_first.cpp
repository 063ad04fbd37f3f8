// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard is released while a guard made from it lives.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'outer.entered' that was not held
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard vm{outer, kvm};
  outer.release();
}
