// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Some kernels read and write driver_override under device_lock, which an unbind holds until the last descriptor is closed.
// EXPECT: lock_order_inversion<
// EXPECT: device_lock
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

#include "devlock/backend/linux/host.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> record;

bool is_lent(devlock::linux_host::Host& host, devlock::pci::Address address) {
  ThreadContext root;
  devlock::Guard entry{root, record};
  return host.driver_override(entry, address).value_or("") == "vfio-pci";
}
