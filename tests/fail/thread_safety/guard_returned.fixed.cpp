// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The guard lives where it is made, and calls what runs under it.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

template <class Body>
void with_group(const ThreadContext& root, Body body) DEVLOCK_REQUIRES(root) {
  const devlock::Guard outer{root, group};
  body(outer);
}

void reset_all() {
  ThreadContext root;
  with_group(root, [](const auto& outer) {
    outer.assume();
    devlock::Guard vm{outer, kvm};
  });
}
