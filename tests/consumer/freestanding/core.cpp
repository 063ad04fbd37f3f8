// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The core without an operating system: no exceptions, no RTTI, no C++ runtime library, a spin lock of the user's own.
// use_core returns 0, or the number of the place that went wrong.
#include <atomic>

#include <devlock/devlock.hpp>

static_assert(__STDC_HOSTED__ == 0, "compile this with -ffreestanding");
#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "compile this with -fno-exceptions -fno-rtti"
#endif

namespace {

class SpinMutex {
 public:
  void lock() {
    while (!try_lock()) {
    }
  }
  bool try_lock() { return !flag_.test_and_set(std::memory_order_acquire); }  // pairs with unlock
  void unlock() { flag_.clear(std::memory_order_release); }                   // pairs with try_lock

 private:
  std::atomic_flag flag_{};
};

struct outer {
  static constexpr char name[] = "outer";
};
struct inner {
  static constexpr char name[] = "inner";
};
struct MyOrder : devlock::Hierarchy<devlock::Before<outer, inner>> {};

devlock::Ordered<outer, SpinMutex> a;
devlock::Ordered<inner, SpinMutex> b;

// How many of the two locks are free.
int free_locks() {
  int count = 0;
  if (a.native().try_lock()) {
    ++count;
    a.native().unlock();
  }
  if (b.native().try_lock()) {
    ++count;
    b.native().unlock();
  }
  return count;
}

}  // namespace

extern "C" int use_core();

extern "C" int use_core() {
  devlock::ThreadContext<MyOrder> root;
  {
    devlock::Guard first{root, a};
    devlock::Guard second{first, b};
    if (free_locks() != 0) {
      return 1;
    }
    second.release();
    if (free_locks() != 1) {
      return 2;
    }
  }
  {
    devlock::Guard second{root, b};
    devlock::TryGuard first{second, a};
    if (!first || free_locks() != 0) {
      return 3;
    }
  }
  return free_locks() == 2 ? 0 : 4;
}
