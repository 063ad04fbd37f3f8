// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The library's own functions ask for their context: a rundown is closed with one that was given up.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: calling function 'close' requires holding
// EXPECT: 'root.entered'
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

devlock::Rundown<devlock::StdSync, VfioOrder, open_device> users;

void unbind() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  users.close(root);
}
