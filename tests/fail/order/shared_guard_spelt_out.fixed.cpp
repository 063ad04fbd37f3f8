// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The other way round the same type is permitted.
#include <shared_mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;
using Group = devlock::Ordered<group_lock, std::shared_mutex>;
using Kvm = devlock::Ordered<kvm_lock, std::shared_mutex>;

Group group;
Kvm kvm;

void reset_all() {
  ThreadContext root;
  devlock::SharedGuard outer{root, group};
  devlock::SharedGuard<devlock::Held<VfioOrder, devlock::Shared<group_lock>>, Kvm> inner{outer, kvm};
}
