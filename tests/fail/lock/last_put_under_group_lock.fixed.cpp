// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The put is outside; under group_lock the reference is only taken.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Reference<devlock::StdSync, VfioOrder, group_lock> vm;

void unlink() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  outer.release();
  vm.put(root, [](auto) {});
}
