// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It gets one.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) { devlock::Guard guard{context, group}; }

void on_close() {
  auto context = devlock::unchecked_context<VfioOrder>("a callback without a context");
  open_group(context);
}
