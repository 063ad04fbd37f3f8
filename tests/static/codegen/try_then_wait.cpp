// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A try against the order, then a wait after both, against the standard's pair.
#include "codegen/locks.hpp"

extern "C" bool run(shape::Outer& a, shape::Middle& b, shape::Inner& c) {
  shape::Root root;
  devlock::Guard first{root, b};
  devlock::TryGuard second{first, a};
  if (!second) {
    return false;
  }
  devlock::Guard third{second, c};
  work();
  return true;
}
