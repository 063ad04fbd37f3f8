// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock of a class that is none.
// EXPECT-gcc: template constraint failure
// EXPECT-clang: constraints not satisfied
// EXPECT: Ordered
// EXPECT-ANYWHERE: LockClass
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

struct nameless {};

devlock::Ordered<nameless, std::mutex> lock;
