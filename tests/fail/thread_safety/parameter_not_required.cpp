// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A function uses a context that it does not ask its callers for.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'context' that was not held
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(ContextFor<group_lock> context) { devlock::Guard guard{context, group}; }
