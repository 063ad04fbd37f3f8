// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try gives up its parent as well, whether it succeeds or not.
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
  devlock::TryGuard vm{root, kvm};
  devlock::Guard inner{root, group};
}
