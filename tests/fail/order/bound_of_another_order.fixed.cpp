// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An order that extends the one asked for.
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct big_lock {
  static constexpr char name[] = "big_lock";
};
struct Own : devlock::Hierarchy<devlock::Extends<VfioOrder>, devlock::Before<big_lock, group_lock>> {};

void open_group(devlock::vfio::ContextFor<group_lock>) {}

void work() {
  devlock::ThreadContext<Own> root;
  open_group(root);
}
