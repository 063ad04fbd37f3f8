// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// release() on one path of two, against std::unique_lock.
#include "codegen/locks.hpp"

extern "C" void run(shape::Outer& lock, bool early) {
  shape::Root root;
  devlock::Guard guard{root, lock};
  work();
  if (early) {
    guard.release();
  }
  work();
}
