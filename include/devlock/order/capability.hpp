// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A context as a capability of Clang's thread safety analysis. A guard's constructor gives up its parent's capability and takes its
// own; its end gives all back. So -Wthread-safety reports, at compile time, a parent used while its child lives, a root that
// was not entered, and a function called with a context that it was not given.
//
//   void work(devlock::ContextFor<MyOrder, group_lock> context) DEVLOCK_REQUIRES(context);
//
// Outside Clang's view, and left to the validator: guards as members, in optionals and behind pointers; a second root; a context of
// another thread; calls through pointers; what assume() says wrongly. A lambda that captures a context, or a function that uses a
// root kept as a member, starts with context.assume().
// Reported although it is right: a guard that a function returns, a temporary context as an argument, a ContextFor copied without
// again(), a lock under a second name, two elements of one array. Build the guard where it lives, and give each of them its name.
#pragma once

#include "devlock/config.hpp"

namespace devlock {

/// What a context holds for Clang while it is entered. Empty.
class DEVLOCK_CAPABILITY("lock context") Capability {
 public:
  Capability() = default;
  Capability(const Capability&) = delete;
  Capability& operator=(const Capability&) = delete;
};

}  // namespace devlock
