// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// With a name it lasts.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;
using Group = devlock::Ordered<group_lock, std::mutex>;
using Kvm = devlock::Ordered<kvm_lock, std::mutex>;

Group group;
Kvm kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard guard{root, kvm};
}
