// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try does not wait.
#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;
using Scope = devlock::pci::ResetScope<devlock::DeviceLock<devlock::StdSync>>;

bool waits(devlock::linux_host::Host::Device& device, const Scope& scope) {
  ThreadContext root;
  devlock::Through through{root, device};
  devlock::HierarchicalTryLock locked{through, scope};
  return locked.owns_lock();
}
