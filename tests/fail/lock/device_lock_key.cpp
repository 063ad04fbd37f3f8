// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A lock of two classes is taken in two steps; it cannot have one key. A malformed lock: g++ says how it got here in
// five lines of its ten.
// EXPECT: a lock of several classes has no instance key
// MAX-LINES: 12
// EXPECT-NOT: Before<
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

struct keyed {
  static constexpr char name[] = "keyed";
  using instance_key = int;
};
struct plain {
  static constexpr char name[] = "plain";
};
struct Order : devlock::Hierarchy<devlock::Before<plain, keyed>> {};
using Device = devlock::DeviceLock<devlock::StdSync, plain, keyed>;

void take(Device& one) {
  devlock::ThreadContext<Order> root;
  devlock::Guard first{root, one};
}
