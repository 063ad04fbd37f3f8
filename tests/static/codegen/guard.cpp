// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Guard against std::lock_guard.
#include "codegen/locks.hpp"

extern "C" void run(shape::Outer& lock) {
  shape::Root root;
  devlock::Guard guard{root, lock};
  work();
}
