// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One immediate operand differs.
#include "codegen/locks.hpp"

extern "C" int run(shape::Outer& lock) {
  shape::Root root;
  devlock::Guard guard{root, lock};
  work();
  return 1;
}
