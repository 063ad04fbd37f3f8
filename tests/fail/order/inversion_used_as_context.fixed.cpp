// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same in order.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<kvm_ref_lock, std::mutex> kvm_ref;

void link(devlock::vfio::ContextFor<kvm_ref_lock>) {}

void reset_all() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard vm{outer, kvm};
  devlock::TryGuard ref{vm, kvm_ref};
  if (ref) {
    ref.release();
  }
  link(vm);
}
