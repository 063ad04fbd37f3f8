// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Where waiting is permitted.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

bool reset_all() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  return devlock::retry(outer, kvm, devlock::Attempts{3}, [](auto&) {});
}
