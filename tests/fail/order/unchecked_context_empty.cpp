// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The escape hatch by its constructor wants a reason too.
// EXPECT-gcc: use of deleted function
// EXPECT-clang: call to deleted constructor
// EXPECT: UncheckedContext
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

devlock::Ordered<group_lock, std::mutex> group;

void on_purpose() {
  const devlock::UncheckedContext<VfioOrder> context("");
  devlock::Guard guard{context, group};
}
