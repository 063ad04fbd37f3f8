// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A bridge is locked with its config-access block before the device_lock of its child: two instances, which no edge can say.
// EXPECT: cycle<devlock::vfio::device_lock, devlock::vfio::config_access, devlock::vfio::device_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<config_access, device_lock>> {};
