// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The narrower bound.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

void open_group(devlock::vfio::ContextFor<kvm_lock>) {}
void work(devlock::vfio::ContextFor<group_lock> context) { open_group(context); }
