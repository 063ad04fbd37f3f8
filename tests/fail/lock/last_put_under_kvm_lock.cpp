// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same further down: destruction waits for group_lock, and kvm_lock is held.
// EXPECT: lock_order_inversion<
// EXPECT: group_lock
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Reference<devlock::StdSync, VfioOrder, group_lock> vm;

void unlink() {
  ThreadContext root;
  devlock::Guard inner{root, kvm};
  vm.put(inner, [](auto) {});
}
