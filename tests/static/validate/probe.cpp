// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two functions that are the same machine code without the validator, and are not with it; see gone.cmake.
#include <mutex>

#include "devlock/devlock.hpp"

namespace {

struct outer {
  static constexpr char name[] = "outer";
};
struct inner {
  static constexpr char name[] = "inner";
};
struct Order : devlock::Hierarchy<devlock::Before<outer, inner>> {};

using Outer = devlock::Ordered<outer, std::mutex>;
using Inner = devlock::Ordered<inner, std::mutex>;

}  // namespace

extern "C" void work();
extern "C" void ours(void* first, void* second);
extern "C" void theirs(void* first, void* second);

extern "C" void ours(void* first, void* second) {
  devlock::ThreadContext<Order> root;
  devlock::Guard a{root, *static_cast<Outer*>(first)};
  devlock::Guard b{a, *static_cast<Inner*>(second)};
  work();
}

extern "C" void theirs(void* first, void* second) {
  const std::lock_guard a{*static_cast<std::mutex*>(first)};
  const std::lock_guard b{*static_cast<std::mutex*>(second)};
  work();
}
