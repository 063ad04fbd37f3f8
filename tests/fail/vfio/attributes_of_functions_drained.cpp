// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The VFs of a function leave under its device_lock, and their handlers are waited for, which wait for a device_lock.
// EXPECT: cycle<devlock::vfio::device_lock, devlock::vfio::attribute, devlock::vfio::device_lock>
// EXPECT: remove one edge
// MAX-LINES: 13
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<device_lock, attribute>> {};
