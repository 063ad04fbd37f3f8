// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lambda is a function of its own: Clang does not know what is entered where it runs.
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
  const auto work = [&root] { devlock::Guard outer{root, group}; };
  work();
}
