// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A link event: the rescan lock under the reset_lock of a hotplug controller, which a slot reset takes under device_lock.
// EXPECT: cycle<devlock::vfio::rescan_remove_lock, devlock::vfio::device_lock, devlock::vfio::config_access, devlock::vfio::reset_lock, devlock::vfio::rescan_remove_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<reset_lock, rescan_remove_lock>> {};
