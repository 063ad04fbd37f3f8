// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The way round that the shipped order has.
#include "devlock/vfio/order.hpp"

using namespace devlock::vfio;

struct Kernel : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<device_lock, bus_list_lock>> {};
