// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Contexts are passed by reference, or as a ContextFor.
#include "devlock/devlock.hpp"

using namespace devlock::vfio;

void work(ThreadContext&) {}

void twice() {
  ThreadContext root;
  work(root);
}
