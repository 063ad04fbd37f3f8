// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What follows a try is made from the try, or comes after its release.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::TryGuard vm{root, kvm};
  vm.release();
  devlock::Guard inner{root, group};
}
