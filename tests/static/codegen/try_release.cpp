// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// TryGuard given back early, against std::unique_lock.
#include "codegen/locks.hpp"

extern "C" void run(shape::Outer& lock) {
  shape::Root root;
  devlock::TryGuard guard{root, lock};
  if (guard) {
    work();
    guard.release();
  }
  work();
}
