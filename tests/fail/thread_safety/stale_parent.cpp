// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A root is used while a guard made from it lives: the second guard is checked as if nothing were held.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'root.entered' that was not held
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  devlock::Guard inner{root, group};  // kvm_lock is held, and the types do not know
}
