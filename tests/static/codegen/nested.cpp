// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Three nested guards against three std::lock_guards.
#include "codegen/locks.hpp"

extern "C" void run(shape::Outer& a, shape::Middle& b, shape::Inner& c) {
  shape::Root root;
  devlock::Guard first{root, a};
  devlock::Guard second{first, b};
  devlock::Guard third{second, c};
  work();
}
