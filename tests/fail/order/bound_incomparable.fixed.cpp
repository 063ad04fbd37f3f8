// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// igate is given back first.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<igate, std::mutex> interrupts;

void link(devlock::vfio::ContextFor<kvm_lock>) {}

void enable() {
  ThreadContext root;
  devlock::Guard outer{root, interrupts};
  outer.release();
  link(root);
}
