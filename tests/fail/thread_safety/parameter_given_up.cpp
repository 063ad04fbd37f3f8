// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The same with a parameter: it was given up to a guard and is handed on nevertheless, as it came and narrowed.
// ONLY: clang
// FLAGS-clang: -Wthread-safety -Werror
// EXPECT: calling function 'open_group' requires holding
// EXPECT: 'context'
// EXPECT-ANYWHERE: calling function 'use_vm' requires holding
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void open_group(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) { devlock::Guard guard{context, group}; }
void use_vm(ContextFor<kvm_lock> context) DEVLOCK_REQUIRES(context) { devlock::Guard guard{context, kvm}; }

void reset_all(ContextFor<group_lock> context) DEVLOCK_REQUIRES(context) {
  devlock::Guard outer{context, group};
  open_group(context.again());
  use_vm(context);
}
