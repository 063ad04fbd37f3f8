// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The walk of error recovery: device_lock under pci_bus_sem, which a reset reads under device_lock.
// EXPECT: cycle<devlock::vfio::device_lock, devlock::vfio::config_access, devlock::vfio::bus_list_lock, devlock::vfio::device_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<bus_list_lock, device_lock>> {};
