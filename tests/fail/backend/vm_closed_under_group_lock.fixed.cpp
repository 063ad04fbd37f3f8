// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The lock is given back first.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> record;

devlock::Result<void> end(devlock::linux_host::Host::Vm& vm) {
  ThreadContext root;
  { devlock::Guard entry{root, record}; }
  return vm.close(root);
}
