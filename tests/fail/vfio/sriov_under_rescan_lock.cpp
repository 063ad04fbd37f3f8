// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V10: sriov_numvfs takes the rescan lock under device_lock, remove takes device_lock under the rescan lock.
// EXPECT: cycle<devlock::vfio::rescan_remove_lock, devlock::vfio::device_lock, devlock::vfio::rescan_remove_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<device_lock, rescan_remove_lock>> {};
