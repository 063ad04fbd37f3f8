// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a Guard does to its lock.
#include "devlock/order/guard.hpp"

#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "devlock/lock/ordered.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"
#include "support/recording_lock.hpp"

namespace {

using namespace devlock;
using namespace test;

struct Fixture {
  Journal journal;
  RecordingLock<first> a{journal, "a"};
  RecordingLock<second> b{journal, "b"};
  RecordingLock<third> c{journal, "c"};
  ThreadContext<Order> root;
};

TEST_CASE_METHOD(Fixture, "A guard locks at once and unlocks at the end of its scope") {
  root.assume();
  {
    Guard guard{root, a};
    REQUIRE(journal.take() == "+a ");
    REQUIRE(guard.owns_lock());
  }
  REQUIRE(journal.take() == "-a ");
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "Nested guards unlock in reverse") {
  root.assume();
  {
    Guard outer{root, a};
    Guard middle{outer, b};
    Guard inner{middle, c};
  }
  REQUIRE(journal.take() == "+a +b +c -c -b -a ");
  REQUIRE(journal.misuses == 0);
}

// Clang knows that a guard is released already.
template <class G>
void release_again(G& guard) DEVLOCK_UNANALYSED {
  guard.release();
}

TEST_CASE_METHOD(Fixture, "An early release unlocks once and for all") {
  root.assume();
  {
    Guard outer{root, a};
    {
      Guard inner{outer, b};
      journal.take();
      inner.release();
      REQUIRE(journal.take() == "-b ");
      REQUIRE_FALSE(inner.owns_lock());
      REQUIRE(outer.owns_lock());
      release_again(inner);
      REQUIRE(journal.take().empty());
    }
    REQUIRE(journal.take().empty());
  }
  REQUIRE(journal.take() == "-a ");
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "An exception on its way out unlocks") {
  const auto throws = [&] {
    root.assume();
    Guard outer{root, a};
    Guard inner{outer, b};
    throw std::runtime_error("on the way");
  };
  REQUIRE_THROWS_AS(throws(), std::runtime_error);
  REQUIRE(journal.take() == "+a +b -b -a ");
}

TEST_CASE_METHOD(Fixture, "A lock that throws is not unlocked") {
  root.assume();
  struct Thrower {
    using lock_class = first;
    void lock() { throw std::runtime_error("no lock"); }
    bool try_lock() { return false; }
    void unlock() { unlocked = true; }
    bool unlocked = false;
  } thrower;
  REQUIRE_THROWS_AS((Guard{root, thrower}), std::runtime_error);
  REQUIRE_FALSE(thrower.unlocked);
}

TEST_CASE_METHOD(Fixture, "A guard takes part in the set of what it holds and of what its parent holds") {
  root.assume();
  Guard outer{root, a};
  Guard inner{outer, c};
  REQUIRE(std::is_same_v<decltype(outer)::held, Held<Order, first>>);
  REQUIRE(std::is_same_v<decltype(inner)::held, Held<Order, first, third>>);
  REQUIRE(std::is_same_v<decltype(inner)::order, Order>);
}

TEST_CASE_METHOD(Fixture, "Two guards under one parent follow each other") {
  root.assume();
  Guard outer{root, a};
  { Guard inner{outer, c}; }
  { Guard inner{outer, b}; }
  REQUIRE(journal.take() == "+a +c -c +b -b ");
}

TEST_CASE("A guard is neither copied nor moved") {
  using Held1 = Guard<Held<Order>, RecordingLock<first>>;
  REQUIRE_FALSE(std::is_copy_constructible_v<Held1>);
  REQUIRE_FALSE(std::is_move_constructible_v<Held1>);
  REQUIRE_FALSE(std::is_copy_assignable_v<Held1>);
  REQUIRE_FALSE(std::is_move_assignable_v<Held1>);
}

TEST_CASE("A guard keeps other threads out") {
  Ordered<first, std::mutex> lock;
  long sum = 0;
  const auto work = [&] {
    ThreadContext<Order> root;
    for (int i = 0; i != 20000; ++i) {
      Guard guard{root, lock};
      ++sum;
    }
  };
  std::thread other(work);
  work();
  other.join();
  REQUIRE(sum == 40000);
}

}  // namespace
