// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The list of groups precedes each group's lock.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_list_lock, std::mutex> groups;

devlock::Result<void> give_back(devlock::linux_host::Host::Group& group) {
  ThreadContext root;
  devlock::Guard list{root, groups};
  return group.close(list);
}
