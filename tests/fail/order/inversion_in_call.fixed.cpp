// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The call comes before kvm_lock is taken.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(devlock::vfio::ContextFor<group_lock> context) { devlock::Guard guard{context, group}; }

void reset_all() {
  ThreadContext root;
  open_group(root);
  devlock::Guard vm{root, kvm};
}
