// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The escape hatch wants a reason.
// EXPECT: deleted
// EXPECT: UncheckedContext<
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;
devlock::Ordered<kvm_lock, std::mutex> kvm;

void on_purpose() {
  ThreadContext root;
  devlock::Guard vm{root, kvm};
  auto context = devlock::unchecked_context<VfioOrder>("");
  devlock::Guard inner{context, group};
}
