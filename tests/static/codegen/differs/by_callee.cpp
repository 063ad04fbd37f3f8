// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One call goes elsewhere.
#include "codegen/locks.hpp"

extern "C" void other_work();

extern "C" void run(shape::Outer& lock) {
  shape::Root root;
  devlock::Guard guard{root, lock};
  other_work();
}
