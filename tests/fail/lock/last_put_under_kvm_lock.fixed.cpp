// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Outside.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Reference<devlock::StdSync, VfioOrder, group_lock> vm;

void unlink() {
  ThreadContext root;
  devlock::Guard inner{root, kvm};
  inner.release();
  vm.put(root, [](auto) {});
}
