// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// assume() tells it.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all() {
  ThreadContext root;
  const auto work = [&root] {
    root.assume();
    devlock::Guard outer{root, group};
  };
  work();
}
