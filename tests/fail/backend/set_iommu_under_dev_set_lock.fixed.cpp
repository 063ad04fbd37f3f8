// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// group_lock precedes it.
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> record;

devlock::Result<void> choose(devlock::linux_host::Host::Container& container) {
  ThreadContext root;
  devlock::Guard entry{root, record};
  return container.set_iommu(entry);
}
