// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The caller reads what precedes it.
#include <mutex>
#include <shared_mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_list_lock, std::shared_mutex> list;

void open_group(devlock::vfio::ContextFor<group_lock>) {}

void walk() {
  ThreadContext root;
  devlock::SharedGuard walk{root, list};
  open_group(walk);
}
