// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex that was not put under the order.
// MAX-LINES-clang: 10
// EXPECT-gcc: class template argument deduction failed
// EXPECT-clang: no viable constructor or deduction guide
// EXPECT-ANYWHERE-gcc: ClassifiedLock
// EXPECT-ANYWHERE-clang: classes_of_lock<std::mutex>
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

std::mutex plain;

void take() {
  ThreadContext root;
  devlock::Guard guard{root, plain};
}
