// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A ContextFor by value across calls that are not inlined, forwarded and used, against calls that pass none.
#include "codegen/locks.hpp"

using Context = devlock::ContextFor<shape::Order, shape::middle>;

extern "C" void elsewhere(Context context, shape::Inner& lock, int argument);

extern "C" [[gnu::noinline]] void uses(Context context, shape::Middle& lock) {
  devlock::Guard guard{context, lock};
  work();
}

extern "C" [[gnu::noinline]] void forwards(int argument, Context context, shape::Middle& b, shape::Inner& c) {
  uses(context, b);
  elsewhere(context, c, argument);
}

extern "C" void run(shape::Outer& a, shape::Middle& b, shape::Inner& c) {
  shape::Root root;
  devlock::Guard guard{root, a};
  forwards(3, guard, b, c);
}
