// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a first user writes: two lock classes, their order, a guard and a try. Built as a vendored and as an installed
// consumer, with the compiler's own dialect (gnu++20).
#include <cstdio>
#include <mutex>

#include <devlock/devlock.hpp>

namespace {

struct outer {
  static constexpr char name[] = "outer";
};
struct inner {
  static constexpr char name[] = "inner";
};
struct MyOrder : devlock::Hierarchy<devlock::Before<outer, inner>> {};

}  // namespace

int main() {
  devlock::Ordered<outer, std::mutex> a;
  devlock::Ordered<inner, std::mutex> b;
  devlock::ThreadContext<MyOrder> root;
  int taken = 0;
  {
    devlock::Guard first{root, a};
    devlock::Guard second{first, b};
    taken = a.native().try_lock() || b.native().try_lock() ? 0 : 1;
  }
  {
    devlock::Guard second{root, b};
    devlock::TryGuard first{second, a};  // against the order, so it may only try
    if (first) {
      taken += a.native().try_lock() ? 0 : 1;
    }
  }
  const bool given_back = a.native().try_lock() && b.native().try_lock();
  if (given_back) {
    a.native().unlock();
    b.native().unlock();
  }
  std::printf("taken %d of 2, given back: %s\n", taken, given_back ? "yes" : "no");
  return taken == 2 && given_back ? 0 : 1;
}
