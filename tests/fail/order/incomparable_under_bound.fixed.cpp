// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A bound from which a path leads to igate.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<igate, std::mutex> interrupts;

void enable(devlock::vfio::ContextFor<dev_set_lock> context) { devlock::Guard guard{context, interrupts}; }
