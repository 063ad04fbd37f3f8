// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A context by reference costs a register, which is why ContextFor goes by value.
#include "codegen/locks.hpp"

using Context = devlock::ContextFor<shape::Order, shape::middle>;

extern "C" void elsewhere(const Context& context, shape::Middle& lock);

extern "C" void run(shape::Outer& a, shape::Middle& b) {
  shape::Root root;
  devlock::Guard guard{root, a};
  elsewhere(guard, b);
}
