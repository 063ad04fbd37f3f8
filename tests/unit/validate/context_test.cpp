// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the validator says of contexts: stale ones, those of other threads, second roots and orders, ends under a live child.
#include "support/reports.hpp"

#include <memory>
#include <optional>
#include <thread>

#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

struct Fixture {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  LooseLock<third> c;
  ThreadContext<Order> root;
};

template <class Lock>
unsigned take_erased(ContextFor<Order, second> context, Lock& lock) {
  Guard guard{context, lock};
  return __LINE__ - 1;
}

TEST_CASE_METHOD(Fixture, "What is in order is silent") {
  {
    Guard outer{root, a};
    {
      TryGuard middle{outer, c};
      REQUIRE(middle);
    }
    take_erased(outer, b);
    Guard inner{outer, b};
    inner.release();
    Guard again{outer, c};
  }
  Guard other{root, c};
  TryGuard back{other, a};
  back.release();
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A parent used while its child lives is stale, and both places are named") {
  const unsigned here = __LINE__;
  Guard outer{root, a};
  Guard inner{root, b};
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::stale_context);
  REQUIRE(found.other_line == here + 1);
  REQUIRE(found.text.find("stale context") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "A ContextFor outlives its guard and is stale") {
  std::optional<ContextFor<Order, second>> kept;
  {
    Guard outer{root, a};
    kept.emplace(outer);
    take_erased(*kept, b);
    REQUIRE(reports.none());
  }
  take_erased(*kept, b);
  REQUIRE(reports.only().fault == Fault::stale_context);
}

TEST_CASE_METHOD(Fixture, "A ContextFor kept under a younger guard is stale") {
  Guard outer{root, a};
  const ContextFor<Order, second> kept = outer;
  Guard inner{outer, b};
  take_erased(kept, c);
  REQUIRE(reports.only().fault == Fault::stale_context);
}

TEST_CASE_METHOD(Fixture, "A guard that gave its lock back is no context") {
  Guard outer{root, a};
  outer.release();
  Guard inner{outer, b};
  REQUIRE(reports.only().fault == Fault::stale_context);
}

TEST_CASE_METHOD(Fixture, "A context used by another thread is told, with the place where it was made and its thread") {
  const unsigned here = __LINE__ + 1;
  Guard outer{root, a};
  std::thread([&] { take_erased(outer, b); }).join();
  Finding found = reports.only();
  REQUIRE(found.fault == Fault::foreign_context);
  REQUIRE(found.line == here);
  REQUIRE(found.other_line != 0);
  std::thread([&] {
    ThreadContext<Order> own;
    Guard inner{outer, b};
  }).join();
  found = reports.only();
  REQUIRE(found.fault == Fault::foreign_context);
  Guard mine{outer, b};
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A context that another thread ends is told and forgotten") {
  Reports fresh;
  auto unchecked = std::make_unique<UncheckedContext<Order>>("it ends elsewhere");
  std::thread([&] { unchecked.reset(); }).join();
  REQUIRE(fresh.only().fault == Fault::foreign_context);
  Guard guard{root, a};  // the root is the newest again
  REQUIRE(fresh.none());
}

TEST_CASE_METHOD(Fixture, "A thread has one root at a time") {
  {
    const unsigned here = __LINE__ + 1;
    Guard outer{root, a};
    ThreadContext<Order> second_one;
    const Finding found = reports.only();
    REQUIRE(found.fault == Fault::second_root);
    REQUIRE(found.line == here + 1);
    REQUIRE(found.other_line == here);
  }
  std::thread([&] {
    { ThreadContext<Order> one; }
    { ThreadContext<Order> another; }
  }).join();
  REQUIRE(reports.none());
}

struct Other : Hierarchy<Before<first, aside>> {};
struct Wider : Hierarchy<Extends<Order>, Before<stranger, first>> {};
struct Widest : Hierarchy<Extends<Wider>, Before<stranger, aside>> {};

TEST_CASE("One order rules a program") {
  Reports reports;
  { ThreadContext<Order> one; }
  { ThreadContext<Other> another; }
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::second_order);
  REQUIRE(found.text.find("Other") != std::string::npos);
  REQUIRE(found.text.find("test::Order") != std::string::npos);
}

TEST_CASE("A shared object's own copy of an order is that order, and an order of the same name is not") {
  Reports reports;
  { ThreadContext<Order> one; }
  validate::Thread& self = *validate::detail::here();
  const validate::OrderFacts copy = validate::order_facts<Order>;
  validate::detail::check_order(self, copy, {});
  { ThreadContext<Wider> extension; }
  validate::detail::check_order(self, copy, {});
  REQUIRE(reports.none());
  validate::OrderFacts other = validate::order_facts<Other>;
  other.name = copy.name;
  validate::detail::check_order(self, other, {});
  REQUIRE(reports.only().fault == Fault::second_order);
  devlock::validate::forget_order();
  validate::detail::check_order(self, copy, {});
  { ThreadContext<Wider> extension; }
  REQUIRE(reports.none());
}

TEST_CASE("An order and its extensions are one, whichever comes first") {
  Reports reports;
  { ThreadContext<Order> one; }
  { ThreadContext<Widest> another; }
  { ThreadContext<Wider> third_one; }
  { ThreadContext<Order> again; }
  REQUIRE(reports.none());
  { ThreadContext<Other> another; }
  REQUIRE(reports.only().fault == Fault::second_order);
}

TEST_CASE_METHOD(Fixture, "A lock given back under a live child is told once, with the child's place") {
  Guard outer{root, a};
  const unsigned here = __LINE__ + 1;
  Guard inner{outer, b};
  outer.release();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::release_under_child);
  REQUIRE(found.asked == "first");
  REQUIRE(found.other_line == here);
}

TEST_CASE_METHOD(Fixture, "Any context that ends under a child is told") {
  auto parent = std::make_unique<UncheckedContext<Order>>("it ends first");
  auto guard = std::make_unique<Guard<Held<Order>, LooseLock<first>>>(*parent, a);
  parent.reset();
  REQUIRE(reports.only().fault == Fault::release_under_child);
  guard.reset();
  REQUIRE(reports.none());
  Guard after{root, a};
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "Unchecked contexts that are no parents may end in any order") {
  auto one = std::make_unique<UncheckedContext<Order>>("one chain");
  auto lock = std::make_unique<Guard<Held<Order>, LooseLock<first>>>(*one, a);
  auto two = std::make_unique<UncheckedContext<Order>>("another chain");
  auto inner = std::make_unique<Guard<Held<Order>, LooseLock<second>>>(*two, b);
  lock.reset();
  one.reset();
  Guard last{*inner, c};
  REQUIRE(reports.none());
}

struct Session {
  using lifetime_class = second;
};

TEST_CASE_METHOD(Fixture, "Operations through a session are a context like any other") {
  Session session;
  {
    Through through{root, session};
    Guard guard{through, c};
  }
  {
    Parked<Session> parked{Session{}};
    Adoption adoption{root, parked};
    Guard guard{adoption, c};
  }
  REQUIRE(reports.none());
}

struct Thrower {
  using lock_class = first;
  void lock() { throw 1; }
  bool try_lock() { throw 1; }
  void unlock() {}
};

TEST_CASE_METHOD(Fixture, "A lock that throws leaves nothing behind") {
  Thrower thrower;
  REQUIRE_THROWS((Guard{root, thrower}));
  REQUIRE_THROWS((TryGuard{root, thrower}));
  Guard guard{root, a};
  REQUIRE(reports.none());
}

}  // namespace
