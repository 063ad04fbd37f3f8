// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Its parameter says what it waits for first.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;

void reset_all(devlock::vfio::ContextFor<group_lock> context) { devlock::Guard guard{context, group}; }
