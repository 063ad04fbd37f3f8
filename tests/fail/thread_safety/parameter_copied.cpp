// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A copy of a parameter is nothing that Clang can follow.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: cannot resolve lock expression
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) { devlock::Guard guard{context, group}; }

void reset_all(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) { open_group(context); }
