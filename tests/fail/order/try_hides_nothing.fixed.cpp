// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Without kvm_lock all that is held precedes dev_set_lock.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<dev_set_lock, std::mutex> dev_set;

bool attach() {
  ThreadContext root;
  devlock::TryGuard tried{root, group};
  if (!tried) {
    return false;
  }
  devlock::Guard set{tried, dev_set};
  return true;
}
