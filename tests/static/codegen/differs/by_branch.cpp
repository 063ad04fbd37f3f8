// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The condition is inverted: the same instructions, another label or another branch.
#include "codegen/locks.hpp"

extern "C" void run(shape::Outer& lock, bool early) {
  shape::Root root;
  devlock::Guard guard{root, lock};
  if (!early) {
    guard.release();
  }
  work();
}
