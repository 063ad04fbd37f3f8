// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The handler of rescan takes the rescan lock, under which a removal waits for handlers.
// EXPECT: cycle<devlock::vfio::rescan_remove_lock, devlock::vfio::attribute, devlock::vfio::rescan_remove_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<attribute, rescan_remove_lock>> {};
