// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The function is called before the guard is made, or after it is gone.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) { devlock::Guard guard{context, group}; }

void reset_all() {
  ThreadContext root;
  open_group(root);
  {
    devlock::Guard vm{root, kvm};
  }
  open_group(root);
}
