// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is given back before the wait.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<kvm_lock, std::mutex> kvm;
devlock::Ordered<igate, std::mutex> interrupts;

void enable() {
  ThreadContext root;
  { devlock::TryGuard inner{root, interrupts}; }
  devlock::Guard vm{root, kvm};
}
