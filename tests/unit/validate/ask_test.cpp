// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A ruling by types is remembered where it was made. What changes without the types is seen all the same: which instance it is, which locks
// are still held, which order rules the program.
#include "support/reports.hpp"

#include <memory>
#include <optional>
#include <thread>

#include "devlock/order/guard.hpp"
#include "devlock/order/shared_guard.hpp"
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
  LooseLock<aside> d;
  ThreadContext<Order> root;
};

/// A guard that the types know nothing of, in a context of its own.
template <class Lock>
class Free {
 public:
  explicit Free(Lock& lock) : context_("a test of the validator"), guard_(context_, lock) {}
  void release() { guard_.release(); }

 private:
  UncheckedContext<Order> context_;
  Guard<Held<Order>, Lock> guard_;
};

TEST_CASE_METHOD(Fixture, "A ruling that was remembered holds for other locks of the type, not for one that is held") {
  Loose one;
  Loose other;
  Ordered<first, Loose&> outer(one);
  Ordered<second, Loose&> inner(other);
  Ordered<second, Loose&> same(one);
  Guard guard{root, outer};
  for (unsigned i = 0; i != 3; ++i) {
    { Guard fine{guard, inner}; }
    REQUIRE(reports.none());
    { Guard wrong{guard, same}; }
    REQUIRE(reports.only().fault == Fault::already_held);
    { TryGuard wrong{guard, same}; }
    REQUIRE(reports.only().fault == Fault::already_held);
  }
}

TEST_CASE_METHOD(Fixture, "The same types in the other order are told each time") {
  for (unsigned i = 0; i != 3; ++i) {
    {
      Free outer(a);
      Free inner(c);
    }
    REQUIRE(reports.none());
    {
      Free outer(c);
      Free inner(a);
    }
    REQUIRE(reports.only().fault == Fault::inversion);
  }
}

TEST_CASE_METHOD(Fixture, "A ruling made after a lock below was given back does not hold while it is held") {
  for (unsigned i = 0; i != 3; ++i) {
    for (const bool early : {true, false}) {
      Guard low{root, d};  // incomparable with c
      TryGuard middle{low, b};
      if (early) {
        low.release();
        REQUIRE(reports.only().fault == Fault::release_under_child);
      }
      for (unsigned j = 0; j != 2; ++j) {
        { Free top(c); }
        const auto all = reports.take();
        REQUIRE(all.size() == (early ? 0U : 1U));
        REQUIRE((all.empty() || all[0].fault == Fault::unordered));
      }
    }
  }
}

TEST_CASE_METHOD(Fixture, "The same, where the context that gave it back lives on") {
  using validate::How;
  for (unsigned i = 0; i != 3; ++i) {
    for (const bool early : {true, false}) {
      validate::LiveContextMark low;
      low.enter_unchecked<Order>("a test of the validator", {});
      low.want<Order>(d, How::wait, {});
      low.took(d);
      validate::LiveContextMark middle;
      middle.enter_for<Order>(low, b, How::try_once, {});
      middle.took_first(b, How::try_once);
      if (early) {
        low.gives(d);
        REQUIRE(reports.only().fault == Fault::release_under_child);
      }
      for (unsigned j = 0; j != 2; ++j) {
        { Free top(c); }
        const auto all = reports.take();
        REQUIRE(all.size() == (early ? 0U : 1U));
        REQUIRE((all.empty() || all[0].fault == Fault::unordered));
      }
      middle.leave_with(b, How::try_once);
      if (!early) {
        low.gives(d);
      }
      low.leave();
    }
  }
}

TEST_CASE_METHOD(Fixture, "A ruling made under a try that failed does not hold under one that did not") {
  for (unsigned i = 0; i != 3; ++i) {
    for (const bool free : {false, true}) {
      d.native().free = free;
      UncheckedContext<Order> context("a test of the validator");
      TryGuard tried{context, d};
      REQUIRE(tried.owns_lock() == free);
      for (unsigned j = 0; j != 2; ++j) {
        { Free top(c); }
        const auto all = reports.take();
        REQUIRE(all.size() == (free ? 1U : 0U));
        REQUIRE((all.empty() || all[0].fault == Fault::unordered));
      }
    }
  }
}

/// A lock that takes another one on its way, as some do.
struct Roundabout {
  using lock_class = third;
  void lock() {
    for (unsigned i = 0; i != 2; ++i) {
      Free inner(*on_the_way);
    }
  }
  bool try_lock() {
    lock();
    return true;
  }
  void unlock() {}
  LooseLock<third>* on_the_way;
};
TEST_CASE_METHOD(Fixture, "A lock that is only asked for is not held yet, and a ruling from then does not hold later") {
  Roundabout lock{&c};
  for (unsigned i = 0; i != 3; ++i) {
    Free outer(lock);
    REQUIRE(reports.none());
    Free inner(c);
    REQUIRE(reports.only().fault == Fault::same_class);
  }
}

struct Reversed : Hierarchy<Before<second, first>> {};

TEST_CASE("Another order of the program is asked again about the types that the one before permitted") {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  for (unsigned i = 0; i != 3; ++i) {
    const auto nest = [&] {
      Free outer(a);
      Free inner(b);
    };
    {
      ThreadContext<Order> root;
      nest();
      nest();
    }
    REQUIRE(reports.none());
    validate::forget_order();
    {
      ThreadContext<Reversed> root;
      nest();
      REQUIRE(reports.only().fault == Fault::inversion);
    }
    validate::forget_order();
    std::thread([&] { nest(); }).join();  // an order of no program: only that of the contexts
    REQUIRE(reports.none());
  }
}

TEST_CASE("A thread that takes over the memory of another asks the order of its own program") {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  const auto nest = [&](auto order) {
    std::thread([&] {
      ThreadContext<decltype(order)> root;
      for (unsigned i = 0; i != 2; ++i) {
        Free outer(a);
        Free inner(b);
      }
    }).join();
    validate::forget_order();
  };
  nest(Order{});
  REQUIRE(reports.none());
  nest(Reversed{});
  REQUIRE(reports.take().size() == 2);
  nest(Order{});
  REQUIRE(reports.none());
}

TEST_CASE("A thread that takes over the memory of another does not take over its rulings") {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  const auto nest = [&] {
    for (unsigned i = 0; i != 2; ++i) {
      Free outer(a);
      Free inner(b);
    }
  };
  { ThreadContext<Order> root; }
  std::thread(nest).join();
  REQUIRE(reports.none());
  validate::forget_order();
  { ThreadContext<Reversed> root; }
  std::thread(nest).join();
  REQUIRE(reports.take().size() == 2);
}

/// Two locks, and one for both.
struct Both {
  using lock_classes = ClassList<second, third>;
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
  LooseLock<second> one;
  LooseLock<third> other;
};
TEST_CASE_METHOD(Fixture, "A part of a lock that is held is held, after parts of others were tried") {
  Both held;
  Both free;
  Guard outer{root, held};
  for (unsigned i = 0; i != 3; ++i) {
    { TryGuard fine{outer, free.other}; }
    REQUIRE(reports.none());
    { TryGuard wrong{outer, held.other}; }
    REQUIRE(reports.only().fault == Fault::already_held);
  }
}

/// A lock of something that may go, as a device does.
struct Mortal {
  enum class Life : unsigned char { live, gone };
  using lock_class = second;
  [[nodiscard]] Life life() const { return state; }
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
  Life state = Life::live;
};
TEST_CASE_METHOD(Fixture, "A life is looked at each time, whatever was taken before it") {
  Mortal mortal;
  Guard outer{root, a};
  for (unsigned i = 0; i != 3; ++i) {
    for (const auto state : {Mortal::Life::live, Mortal::Life::gone}) {
      mortal.state = state;
      for (unsigned j = 0; j != 2; ++j) {
        { Guard guard{outer, mortal}; }
        REQUIRE(reports.take().size() == (state == Mortal::Life::gone ? 1U : 0U));
      }
      { Guard in_turn{outer, b}; }
    }
  }
}

TEST_CASE_METHOD(Fixture, "A walk under a context that waits and tries in turn misses nothing that it holds") {
  for (unsigned i = 0; i != 3; ++i) {
    c.native().free = false;
    {
      Free outer(a);
      UncheckedContext<Order> context("a test of the validator");
      { TryGuard failed{context, c}; }
      Free inner(b);
      UncheckedContext<Order> deeper("a test of the validator");
      { TryGuard again{deeper, b}; }
      REQUIRE(reports.only().fault == Fault::already_held);
      { TryGuard again{deeper, a}; }
      REQUIRE(reports.only().fault == Fault::already_held);
    }
    c.native().free = true;
  }
}

}  // namespace
