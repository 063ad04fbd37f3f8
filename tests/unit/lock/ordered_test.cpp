// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Any lockable under the order.
// Sizes and a lock tried by its holder: without the validator.
#define DEVLOCK_VALIDATE 0
#include "devlock/lock/ordered.hpp"

#include <mutex>
#include <shared_mutex>
#include <type_traits>

#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"
#include "support/recording_lock.hpp"

namespace {

using namespace devlock;
using namespace test;

TEST_CASE("A mutex of one's own is locked, tried and unlocked through guards") {
  Journal journal;
  Ordered<first, RecordingMutex> lock(std::pair{&journal, "m"});
  ThreadContext<Order> root;
  { Guard guard{root, lock}; }
  { TryGuard guard{root, lock}; }
  REQUIRE(journal.take() == "+m -m ?m -m ");
}

TEST_CASE("A lock that lives elsewhere is bound by reference") {
  Journal journal;
  RecordingMutex mutex(journal, "m");
  Ordered<first, RecordingMutex&> lock(mutex);
  ThreadContext<Order> root;
  REQUIRE(&lock.native() == &mutex);
  {
    Guard guard{root, lock};
    REQUIRE(mutex.taken());
  }
  REQUIRE_FALSE(mutex.taken());
  mutex.lock();
  REQUIRE_FALSE(TryGuard{root, lock}.owns_lock());
}

TEST_CASE("Two wrappers may bind one lock and see each other") {
  Journal journal;
  RecordingMutex mutex(journal, "m");
  Ordered<first, RecordingMutex&> one(mutex);
  Ordered<second, RecordingMutex&> other(mutex);
  ThreadContext<Order> root;
  Guard guard{root, one};
  REQUIRE_FALSE(TryGuard{guard, other}.owns_lock());
}

TEST_CASE("The mutex itself is at hand for a foreign interface") {
  Ordered<first, std::mutex> lock;
  const std::unique_lock outside(lock.native());
  REQUIRE(std::is_same_v<decltype(lock.native()), std::mutex&>);
  REQUIRE(outside.owns_lock());
}

TEST_CASE("The standard's mutexes fit") {
  Ordered<first, std::recursive_mutex> recursive;
  Ordered<second, std::shared_mutex> shared;
  ThreadContext<Order> root;
  Guard outer{root, recursive};
  Guard inner{outer, shared};
  REQUIRE_FALSE(shared.native().try_lock_shared());
}

template <class L>
concept BareLock = requires(L& lock) { lock.lock(); } || requires(L& lock) { lock.unlock(); } ||
                   requires(L& lock) { lock.try_lock(); };

TEST_CASE("Its operations are out of reach without a guard") {
  REQUIRE(BareLock<std::mutex>);
  REQUIRE_FALSE(BareLock<Ordered<first, std::mutex>>);
  REQUIRE_FALSE(BareLock<Ordered<first, std::mutex&>>);
}

TEST_CASE("A lock is neither copied nor moved, and takes the room of its mutex") {
  REQUIRE_FALSE(std::is_copy_constructible_v<Ordered<first, std::mutex>>);
  REQUIRE_FALSE(std::is_move_constructible_v<Ordered<first, std::mutex>>);
  REQUIRE_FALSE(std::is_copy_constructible_v<Ordered<first, std::mutex&>>);
  REQUIRE(sizeof(Ordered<first, std::mutex>) == sizeof(std::mutex));
}

}  // namespace
