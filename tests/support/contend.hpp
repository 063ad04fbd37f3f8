// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What any lock under the order has to stand, from two threads: contend() and exclude(). Not checked: fairness.
#pragma once

#include <barrier>
#include <cstdint>
#include <thread>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace test {

inline constexpr unsigned rounds = 20000;

// Two threads count without atomics, one waiting and one trying: a lock that lets both in loses counts, and TSan sees it.
template <class Mutex>
void contend() {
  devlock::Ordered<first, Mutex> outer;
  devlock::Ordered<second, Mutex> inner;
  std::uint64_t count = 0;
  std::uint64_t tried = 0;
  std::barrier start(2);
  std::thread other([&] {
    devlock::ThreadContext<Order> root;
    start.arrive_and_wait();
    for (unsigned round = 0; round != rounds; ++round) {
      devlock::Guard guard{root, outer};
      devlock::Guard below{guard, inner};
      ++count;
    }
  });
  {
    devlock::ThreadContext<Order> root;
    start.arrive_and_wait();
    for (unsigned round = 0; round != rounds; ++round) {
      devlock::TryGuard guard{root, inner};
      if (guard) {
        ++count;
        ++tried;
      }
    }
  }
  other.join();
  REQUIRE(count == rounds + tried);
}

// What one thread holds, another one's try is refused, and its wait ends when it is given back.
template <class Mutex>
void exclude() {
  devlock::Ordered<first, Mutex> lock;
  std::barrier step(2);
  bool refused = false;
  bool given_back = false;
  bool seen = false;
  std::thread other([&] {
    devlock::ThreadContext<Order> root;
    step.arrive_and_wait();
    refused = !devlock::TryGuard{root, lock}.owns_lock();
    step.arrive_and_wait();
    devlock::Guard guard{root, lock};
    seen = given_back;
  });
  {
    devlock::ThreadContext<Order> root;
    devlock::Guard guard{root, lock};
    step.arrive_and_wait();
    step.arrive_and_wait();
    given_back = true;
  }
  other.join();
  REQUIRE(refused);
  REQUIRE(seen);
}

}  // namespace test
