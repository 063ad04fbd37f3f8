// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A moved context would leave one behind that says nothing is held.
// EXPECT-gcc: use of deleted function
// EXPECT-clang: deleted constructor
// EXPECT: ThreadContext
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <utility>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

void work(ThreadContext) {}

void twice() {
  ThreadContext root;
  work(std::move(root));
}
