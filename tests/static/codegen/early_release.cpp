// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// release() on every path, against std::unique_lock.
#include "codegen/locks.hpp"

extern "C" void run(shape::Outer& lock) {
  shape::Root root;
  devlock::Guard guard{root, lock};
  work();
  guard.release();
  work();
}
