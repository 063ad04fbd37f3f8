// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock of a class that is none. g++ tells the whole way to the failed concept, so only clang is held to the length.
// EXPECT-gcc: template constraint failure
// EXPECT-clang: constraints not satisfied
// EXPECT: Ordered
// EXPECT-ANYWHERE: LockClass
// MAX-LINES-clang: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

struct nameless {};

devlock::Ordered<nameless, std::mutex> lock;
