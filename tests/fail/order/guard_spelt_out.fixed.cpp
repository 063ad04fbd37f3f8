// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The other way round the same type is permitted.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;
using Group = devlock::Ordered<group_lock, std::mutex>;
using Kvm = devlock::Ordered<kvm_lock, std::mutex>;

Group group;
Kvm kvm;

void reset_all() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard<devlock::Held<VfioOrder, group_lock>, Kvm> inner{outer, kvm};
}
