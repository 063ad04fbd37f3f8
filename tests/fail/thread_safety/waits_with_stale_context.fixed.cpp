// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is closed with the newest context.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

devlock::Rundown<devlock::StdSync, VfioOrder, open_device> users;

void unbind() {
  ThreadContext root;
  users.close(root);
  devlock::Guard vm{root, kvm};
}
