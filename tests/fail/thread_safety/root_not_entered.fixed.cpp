// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The function asks its caller for an entered root.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all(ThreadContext& root) DEVLOCK_REQUIRES(root) { devlock::Guard outer{root, group}; }

void run() {
  ThreadContext root;
  reset_all(root);
}
