// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What every shape below is made of: three classes in order, their locks on std::mutex, and something to do under them.
#pragma once

// As shipped: the validator is for debugging.
#define DEVLOCK_VALIDATE 0

#include <mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"

namespace shape {

struct outer {
  static constexpr char name[] = "outer";
};
struct middle {
  static constexpr char name[] = "middle";
};
struct inner {
  static constexpr char name[] = "inner";
};
struct Order : devlock::Hierarchy<devlock::Before<outer, middle>, devlock::Before<middle, inner>> {};

using Root = devlock::ThreadContext<Order>;
using Outer = devlock::Ordered<outer, std::mutex>;
using Middle = devlock::Ordered<middle, std::mutex>;
using Inner = devlock::Ordered<inner, std::mutex>;

}  // namespace shape

extern "C" void work();  // may throw
