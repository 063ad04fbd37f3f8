// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A context of one order where another one is asked for, which it does not extend.
// EXPECT: Own
// EXPECT: VfioOrder
// EXPECT: group_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"

using namespace devlock::vfio;

struct big_lock {
  static constexpr char name[] = "big_lock";
};
struct Own : devlock::Hierarchy<devlock::Before<big_lock, group_lock>> {};

void open_group(devlock::vfio::ContextFor<group_lock>) {}

void work() {
  devlock::ThreadContext<Own> root;
  open_group(root);
}
