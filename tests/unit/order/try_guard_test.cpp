// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a TryGuard does to its lock, taken or not.
#include "devlock/order/try_guard.hpp"

#include <mutex>
#include <thread>
#include <type_traits>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"
#include "support/recording_lock.hpp"

namespace {

using namespace devlock;
using namespace test;

struct Fixture {
  Journal journal;
  RecordingLock<first> a{journal, "a"};
  RecordingLock<first> other_a{journal, "A"};
  RecordingLock<third> c{journal, "c"};
  ThreadContext<Order> root;
};

TEST_CASE_METHOD(Fixture, "A try that succeeds holds until the end of its scope") {
  root.assume();
  {
    TryGuard guard{root, a};
    REQUIRE(guard);
    REQUIRE(guard.owns_lock());
    REQUIRE(a.taken());
    REQUIRE(journal.take() == "?a ");
  }
  REQUIRE(journal.take() == "-a ");
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "A try that fails takes nothing and gives nothing back") {
  root.assume();
  a.native().lock();
  journal.take();
  {
    TryGuard guard{root, a};
    REQUIRE_FALSE(guard);
    REQUIRE_FALSE(guard.owns_lock());
    guard.release();
    REQUIRE(journal.take() == "!a ");
  }
  REQUIRE(journal.take().empty());
  REQUIRE(a.taken());
}

TEST_CASE_METHOD(Fixture, "A try may go against the order and to a class that is held") {
  root.assume();
  Guard inner{root, c};
  TryGuard outer{inner, a};
  TryGuard same{outer, other_a};
  REQUIRE(outer);
  REQUIRE(same);
  REQUIRE(std::is_same_v<decltype(same)::held, Held<Order, third, first, first>>);
}

TEST_CASE_METHOD(Fixture, "After a failed try its guard is still a context") {
  root.assume();
  a.native().lock();
  TryGuard failed{root, a};
  journal.take();
  {
    Guard next{failed, c};
    REQUIRE(journal.take() == "+c ");
  }
  REQUIRE(journal.take() == "-c ");
}

// Clang knows that a guard is released already.
template <class G>
void release_again(G& guard) DEVLOCK_UNANALYSED {
  guard.release();
}

TEST_CASE_METHOD(Fixture, "An early release unlocks once and for all") {
  root.assume();
  {
    TryGuard guard{root, a};
    guard.release();
    REQUIRE_FALSE(guard);
    REQUIRE_FALSE(a.taken());
    release_again(guard);
  }
  REQUIRE(journal.take() == "?a -a ");
  REQUIRE(journal.misuses == 0);
}

TEST_CASE("A try guard is neither copied nor moved, and is not a number") {
  using Tried = TryGuard<Held<Order>, RecordingLock<first>>;
  REQUIRE_FALSE(std::is_copy_constructible_v<Tried>);
  REQUIRE_FALSE(std::is_move_constructible_v<Tried>);
  REQUIRE_FALSE(std::is_copy_assignable_v<Tried>);
  REQUIRE_FALSE(std::is_convertible_v<Tried, bool>);
  REQUIRE(std::is_constructible_v<bool, const Tried&>);
}

TEST_CASE("A try fails while another thread holds the lock and succeeds once it let go") {
  Ordered<first, std::mutex> lock;
  ThreadContext<Order> root;
  bool taken = true;
  {
    Guard held{root, lock};
    std::thread([&] {
      ThreadContext<Order> own;
      TryGuard attempt{own, lock};
      taken = attempt.owns_lock();
    }).join();
  }
  REQUIRE_FALSE(taken);
  std::thread([&] {
    ThreadContext<Order> own;
    TryGuard attempt{own, lock};
    taken = attempt.owns_lock();
  }).join();
  REQUIRE(taken);
}

}  // namespace
