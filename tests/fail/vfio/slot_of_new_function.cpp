// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VF gets its slot under device_lock, and a slot is locked device by device under pci_slot_mutex.
// EXPECT: cycle<devlock::vfio::device_lock, devlock::vfio::slot_list_lock, devlock::vfio::device_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<device_lock, slot_list_lock>> {};
