// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Waiting for a whole scope.
#include "devlock/lock/hierarchical_lock.hpp"

#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"
#include "support/lock_scope.hpp"

namespace {

using namespace devlock;
using namespace test;
using Scope = RecordedScope<second>;

struct Fixture {
  Journal journal;
  Scope scope{journal, 3};
  ThreadContext<Order> root;
};

TEST_CASE_METHOD(Fixture, "A scope is waited for first to last and given back last to first") {
  root.assume();
  {
    HierarchicalLock locked{root, scope};
    REQUIRE(journal.take() == "+a +b +c ");
    REQUIRE(scope.taken() == 3);
  }
  REQUIRE(journal.take() == "-c -b -a ");
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "Its class joins the set once") {
  root.assume();
  RecordingLock<first> outer(journal, "outer");
  Guard guard{root, outer};
  HierarchicalLock locked{guard, scope};
  REQUIRE(std::is_same_v<decltype(locked)::held, Held<Order, first, second>>);
}

template <class Context>
concept Waits = requires(const Context& context, const Scope& scope) { HierarchicalLock{context, scope}; };

TEST_CASE("Towards other classes it compiles where a guard does") {
  REQUIRE(Waits<ThreadContext<Order>>);
  REQUIRE(Waits<HeldContext<Held<Order, first>>>);
  REQUIRE_FALSE(Waits<HeldContext<Held<Order, second>>>);
  REQUIRE_FALSE(Waits<HeldContext<Held<Order, third>>>);
  REQUIRE_FALSE(Waits<HeldContext<Held<Order, aside>>>);
}

TEST_CASE("It is neither copied nor moved") {
  using Locked = HierarchicalLock<Held<Order>, RecordingLock<second>>;
  REQUIRE_FALSE(std::is_copy_constructible_v<Locked>);
  REQUIRE_FALSE(std::is_move_constructible_v<Locked>);
}

struct MutexScope {
  using lock_type = Ordered<second, std::mutex>;
  [[nodiscard]] std::span<lock_type* const> locks() const { return list; }
  std::vector<lock_type*> list;
};

TEST_CASE("Threads that wait for overlapping scopes all get them") {
  MutexScope::lock_type a;
  MutexScope::lock_type b;
  MutexScope::lock_type c;
  const MutexScope all{{&a, &b, &c}};
  const MutexScope lower{{&b, &c}};
  long data = 0;
  const auto work = [&](const MutexScope& scope) {
    ThreadContext<Order> root;
    for (int i = 0; i != 5000; ++i) {
      HierarchicalLock locked{root, scope};
      ++data;
    }
  };
  std::thread one([&] { work(all); });
  std::thread two([&] { work(lower); });
  work(all);
  one.join();
  two.join();
  REQUIRE(data == 15000);
}

}  // namespace
