// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Its parent is again.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  outer.release();
  devlock::Guard vm{root, kvm};
}
