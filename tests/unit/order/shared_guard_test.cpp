// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Readers: order like writers, real sharing, early release.
#include "devlock/order/shared_guard.hpp"

#include <shared_mutex>
#include <thread>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

template <class Context, class Lock>
concept Reads = requires(const Context& context, Lock& lock) { SharedGuard{context, lock}; };
template <class Context, class Lock>
concept TriesToRead = requires(const Context& context, Lock& lock) { SharedTryGuard{context, lock}; };

template <class C>
using Lock = Ordered<C, std::shared_mutex>;

TEST_CASE("A reader is ordered like a writer") {
  REQUIRE(Reads<ThreadContext<Order>, Lock<first>>);
  REQUIRE(Reads<HeldContext<Held<Order, first>>, Lock<second>>);
  REQUIRE(Reads<HeldContext<Held<Order, Shared<first>>>, Lock<second>>);
  REQUIRE_FALSE(Reads<HeldContext<Held<Order, second>>, Lock<first>>);
  REQUIRE_FALSE(Reads<HeldContext<Held<Order, Shared<second>>>, Lock<first>>);
  REQUIRE_FALSE(Reads<HeldContext<Held<Order, Shared<aside>>>, Lock<second>>);
  REQUIRE_FALSE(Reads<HeldContext<Held<Order, first>>, Lock<first>>);
  REQUIRE_FALSE(Reads<ThreadContext<Order>, Lock<stranger>>);
}

TEST_CASE("Two readers of one class are refused if the second one waits, and may be tried") {
  REQUIRE_FALSE(Reads<HeldContext<Held<Order, Shared<first>>>, Lock<first>>);
  REQUIRE(TriesToRead<HeldContext<Held<Order, Shared<first>>>, Lock<first>>);
  REQUIRE(TriesToRead<HeldContext<Held<Order, third>>, Lock<first>>);
  REQUIRE_FALSE(TriesToRead<ThreadContext<Order>, Lock<stranger>>);
}

TEST_CASE("What is read is in the set of what is taken under it") {
  using Reader = decltype(SharedGuard{std::declval<const ThreadContext<Order>&>(), std::declval<Lock<second>&>()});
  REQUIRE(std::is_same_v<Reader::held, Held<Order, Shared<second>>>);
  REQUIRE_FALSE(AcquirableWhileHolding<first, Reader::held>);
  REQUIRE(AcquirableWhileHolding<third, Reader::held>);
}

TEST_CASE("Readers share, a writer excludes them") {
  Lock<first> lock;
  ThreadContext<Order> root;
  SharedGuard reader{root, lock};
  std::thread([&] {
    ThreadContext<Order> other;
    {
      SharedTryGuard too{other, lock};
      REQUIRE(too);
    }
    TryGuard writer{other, lock};
    REQUIRE_FALSE(writer);
  }).join();
  reader.release();
  REQUIRE_FALSE(reader.owns_lock());
  std::thread([&] {
    ThreadContext<Order> other;
    TryGuard writer{other, lock};
    REQUIRE(writer);
    std::thread([&] {
      ThreadContext<Order> third_thread;
      SharedTryGuard late{third_thread, lock};
      REQUIRE_FALSE(late);
      late.release();
    }).join();
  }).join();
}

// Clang knows that a guard is released already.
template <class G>
void release_again(G& guard) DEVLOCK_UNANALYSED {
  guard.release();
}

TEST_CASE("A reader gives back at the end of its scope, once") {
  Lock<first> lock;
  ThreadContext<Order> root;
  {
    SharedGuard reader{root, lock};
    REQUIRE_FALSE(lock.native().try_lock());
    reader.release();
    release_again(reader);
  }
  REQUIRE(lock.native().try_lock());
  lock.native().unlock();
}

}  // namespace
