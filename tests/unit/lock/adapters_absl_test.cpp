// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// absl::Mutex under the order, by an adapter of three lines.
#include <absl/synchronization/mutex.h>

#include "support/catch.hpp"
#include "support/contend.hpp"

namespace {

// absl spells its operations with capitals, and annotates them for Clang.
struct AbslMutex : absl::Mutex {
  void lock() DEVLOCK_ACQUIRES() { Lock(); }
  bool try_lock() { return TryLock(); }
  void unlock() DEVLOCK_RELEASES() { Unlock(); }
};

TEST_CASE("absl::Mutex fits by an adapter of three lines") {
  test::contend<AbslMutex>();
  test::exclude<AbslMutex>();
}

}  // namespace
