// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Condition waits: what compiles, and that they wait.
#include "devlock/order/condition.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

template <class G, class... Named>
constexpr bool may_sleep = detail::permitted<decltype(detail::sleep_verdict<G, Named...>())>;

template <class... HeldBefore>
using GuardOf = Guard<Held<Order, HeldBefore...>, Ordered<second, std::mutex>>;

TEST_CASE("A wait needs its lock to be the only one held, or the others named and before it") {
  REQUIRE(may_sleep<GuardOf<>>);
  REQUIRE_FALSE(may_sleep<GuardOf<first>>);
  REQUIRE(may_sleep<GuardOf<first>, first>);
  // Tried before, so it is held although it comes after: naming it does not help.
  REQUIRE_FALSE(may_sleep<GuardOf<third>, third>);
  REQUIRE_FALSE(may_sleep<GuardOf<aside>, aside>);
  REQUIRE_FALSE(may_sleep<GuardOf<first, aside>, first>);
  REQUIRE_FALSE(may_sleep<GuardOf<Shared<first>>>);
  REQUIRE(may_sleep<GuardOf<Shared<first>>, first>);
}

TEST_CASE("A wait with a second lock of the waited class is refused") {
  REQUIRE_FALSE(may_sleep<GuardOf<second>>);
  REQUIRE_FALSE(may_sleep<GuardOf<second>, second>);
}

TEST_CASE("A wait under a ContextFor is refused: what the callers hold is not given back") {
  REQUIRE_FALSE(may_sleep<GuardOf<Below<second>>>);
  REQUIRE_FALSE(may_sleep<GuardOf<Below<second>>, second>);
}

struct Queue {
  Ordered<second, std::mutex> lock;
  Condition<std::condition_variable_any> changed;
  int items = 0;
};

TEST_CASE("A wait ends when the predicate holds, with the lock held again") {
  Queue queue;
  std::thread producer([&] {
    ThreadContext<Order> root;
    Guard guard{root, queue.lock};
    queue.items = 1;
    queue.changed.notify_one();
  });
  ThreadContext<Order> root;
  {
    Guard guard{root, queue.lock};
    queue.changed.wait(guard, [&] { return queue.items == 1; });
    REQUIRE(queue.items == 1);
    REQUIRE(guard.owns_lock());
    std::thread([&] { REQUIRE_FALSE(queue.lock.native().try_lock()); }).join();
  }
  producer.join();
}

TEST_CASE("A named lock stays held during the wait") {
  Queue queue;
  Ordered<first, std::mutex> outer;
  ThreadContext<Order> root;
  Guard holds{root, outer};
  Guard guard{holds, queue.lock};
  bool outer_was_held = false;
  std::thread producer([&] {
    ThreadContext<Order> other;
    Guard in{other, queue.lock};  // free only while the wait sleeps
    outer_was_held = !outer.native().try_lock();
    queue.items = 1;
    queue.changed.notify_all();
  });
  queue.changed.wait(guard, holding<first>, [&] { return queue.items == 1; });
  producer.join();
  REQUIRE(outer_was_held);
}

TEST_CASE("A wait with a deadline says whether the predicate holds") {
  Queue queue;
  ThreadContext<Order> root;
  Guard guard{root, queue.lock};
  const auto past = std::chrono::steady_clock::now();
  REQUIRE_FALSE(queue.changed.wait_until(guard, past, [&] { return queue.items == 1; }));
  queue.items = 1;
  REQUIRE(queue.changed.wait_until(guard, past, [&] { return queue.items == 1; }));
}

TEST_CASE("A stop request ends a wait") {
  Queue queue;
  std::stop_source source;
  std::thread stopper([&] { source.request_stop(); });
  ThreadContext<Order> root;
  Guard guard{root, queue.lock};
  REQUIRE_FALSE(queue.changed.wait(guard, source.get_token(), [&] { return queue.items == 1; }));
  queue.items = 1;
  REQUIRE(queue.changed.wait(guard, source.get_token(), [&] { return queue.items == 1; }));
  stopper.join();
}

}  // namespace
