// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two locks the other way round: only registers differ.
#include "codegen/locks.hpp"

extern "C" void run(shape::Middle& b, shape::Outer& a) {
  shape::Root root;
  devlock::Guard first{root, a};
  devlock::Guard second{first, b};
  work();
}
