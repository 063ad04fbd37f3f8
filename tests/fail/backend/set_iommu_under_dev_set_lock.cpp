// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// VFIO_SET_IOMMU waits for the container's lock. Nothing orders it after dev_set_lock.
// EXPECT: no_order_between<
// EXPECT: container_lock
// EXPECT: dev_set_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<dev_set_lock, std::mutex> devices;

devlock::Result<void> choose(devlock::linux_host::Host::Container& container) {
  ThreadContext root;
  devlock::Guard opening{root, devices};
  return container.set_iommu(opening);
}
