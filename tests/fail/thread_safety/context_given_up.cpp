// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A function is called with a context that was given up to a guard.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: calling function 'open_group' requires holding
// EXPECT: 'root.entered'
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) { devlock::Guard guard{context, group}; }

void reset_all() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  open_group(root);
}
