// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The part that is keyed is a lock of its own.
#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/std.hpp"

using namespace devlock::vfio;

struct keyed {
  static constexpr char name[] = "keyed";
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
