// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A root that this function did not make and was not given: nobody says that it is entered here.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: 'root.entered' that was not held
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void reset_all(ThreadContext& root) { devlock::Guard outer{root, group}; }
