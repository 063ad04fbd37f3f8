// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Called before it is taken.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;

void open_group(devlock::vfio::ContextFor<group_lock> context) { devlock::Guard guard{context, group}; }

void twice() {
  ThreadContext root;
  devlock::Guard outer{root, group};
  outer.release();
  open_group(root);
}
