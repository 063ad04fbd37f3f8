// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The bound is a class of the hierarchy.
#include <mutex>

#include "devlock/devlock.hpp"

struct big_lock {
  static constexpr char name[] = "big_lock";
};

void wait_for(devlock::vfio::ContextFor<devlock::vfio::group_lock> context);

void caller() {
  devlock::vfio::ThreadContext root;
  wait_for(root);
}
