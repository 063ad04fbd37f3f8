// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// In the order of the path.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_ref_lock, std::mutex> reference;

void set_kvm() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  devlock::Guard inner{outer, reference};
}
