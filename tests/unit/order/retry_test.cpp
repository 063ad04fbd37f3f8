// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Retry: a wait for the rules, a bounded loop for the machine.
#include "devlock/order/retry.hpp"

#include <chrono>
#include <mutex>
#include <thread>

#include "devlock/lock/ordered.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

template <class HeldSet, class C>
constexpr bool may_retry = std::is_constructible_v<detail::Retry<detail::wait_verdict<HeldSet, Ordered<C, std::mutex>>>, int>;

TEST_CASE("A retry needs what a wait needs") {
  REQUIRE(may_retry<Held<Order, first>, second>);
  REQUIRE_FALSE(may_retry<Held<Order, second>, first>);
  REQUIRE_FALSE(may_retry<Held<Order, aside>, second>);
}

TEST_CASE("A retry takes the lock and runs the body with it held") {
  Ordered<second, std::mutex> lock;
  ThreadContext<Order> root;
  bool held = false;
  REQUIRE(retry(root, lock, Attempts{1}, [&](auto& guard) {
    held = guard.owns_lock();
    std::thread([&] { held = held && !lock.native().try_lock(); }).join();
  }));
  REQUIRE(held);
  REQUIRE(lock.native().try_lock());
  lock.native().unlock();
}

TEST_CASE("A retry gives up when its policy does, and says so") {
  Ordered<second, std::mutex> lock;
  lock.native().lock();
  std::thread([&] {
    ThreadContext<Order> root;
    unsigned asked = 0;
    bool ran = false;
    REQUIRE_FALSE(retry(
        root, lock,
        [&](unsigned failures) {
          ++asked;
          return failures < 3;
        },
        [&](auto&) { ran = true; }));
    REQUIRE(asked == 3);
    REQUIRE_FALSE(ran);
  }).join();
  lock.native().unlock();
}

TEST_CASE("A bounded retry compiles anywhere, and asks for a policy that ends") {
  REQUIRE(FinitePolicy<Attempts>);
  struct Forever {
    bool operator()(unsigned) const { return true; }
  };
  REQUIRE_FALSE(FinitePolicy<Forever>);
  Ordered<third, std::mutex> inner;
  Ordered<first, std::mutex> outer;
  outer.native().lock();
  std::thread([&] {
    ThreadContext<Order> root;
    Guard guard{root, inner};
    REQUIRE_FALSE(retry_bounded(guard, outer, Attempts{5}, [](auto&) {}));
  }).join();
  outer.native().unlock();
}

TEST_CASE("A deadline in the past still tries once") {
  Ordered<second, std::mutex> lock;
  ThreadContext<Order> root;
  const auto pause = [] {};
  bool ran = false;
  REQUIRE(retry(root, lock, Until<std::chrono::steady_clock, decltype(pause)>{{}, pause}, [&](auto&) { ran = true; }));
  REQUIRE(ran);
}

}  // namespace
