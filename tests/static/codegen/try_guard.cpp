// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// TryGuard against std::unique_lock with try_to_lock.
#include "codegen/locks.hpp"

extern "C" bool run(shape::Outer& lock) {
  shape::Root root;
  devlock::TryGuard guard{root, lock};
  if (!guard) {
    return false;
  }
  work();
  return true;
}
