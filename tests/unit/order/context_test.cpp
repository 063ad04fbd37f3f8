// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Contexts across calls, and the escape hatch.
// Locks are taken the wrong way round here, which the validator would stop.
#define DEVLOCK_VALIDATE 0
#include "devlock/order/context.hpp"

#include <concepts>
#include <functional>
#include <type_traits>

#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
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

  void take_last(ContextFor<Order, third> context) DEVLOCK_REQUIRES(context) { Guard guard{context, c}; }
  void take_both(ContextFor<Order, second> context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, b};
    take_last(guard);
  }
  void pass_on(ContextFor<Order, second> context) DEVLOCK_REQUIRES(context) { take_last(context); }
};

struct Callee {
  virtual ~Callee() = default;
  virtual void run(ContextFor<Order, second> context) DEVLOCK_REQUIRES(context) = 0;
};
struct Override : Callee {
  explicit Override(Fixture& fixture) : fixture_(fixture) {}
  void run(ContextFor<Order, second> context) override DEVLOCK_REQUIRES(context) {
    fixture_.take_both(context.again());
  }
  Fixture& fixture_;
};

TEST_CASE_METHOD(Fixture, "A callee takes its locks under those of its caller") {
  root.assume();
  Guard outer{root, a};
  take_both(outer);
  REQUIRE(journal.take() == "+a +b +c -c -b ");
}

TEST_CASE_METHOD(Fixture, "A root, a try guard and another parameter become a parameter as well") {
  root.assume();
  take_both(root);
  TryGuard tried{root, a};
  take_both(tried);
  pass_on(tried);
  REQUIRE(journal.take() == "+b +c -c -b ?a +b +c -c -b +c -c ");
}

TEST_CASE_METHOD(Fixture, "Virtual functions and callbacks take a context by value") {
  root.assume();
  Override callee(*this);
  static_cast<Callee&>(callee).run(root);
  REQUIRE(journal.take() == "+b +c -c -b ");
  const std::function<void(ContextFor<Order, third>)> callback = [this](ContextFor<Order, third> context) {
    context.assume();
    take_last(context.again());
  };
  Guard outer{root, b};
  callback(outer);
  REQUIRE(journal.take() == "+b +c -c ");
}

TEST_CASE("A guard converts to a parameter only if all that it holds strictly precedes the bound") {
  using None = ThreadContext<Order>;
  using HoldsFirst = HeldContext<Held<Order, first>>;
  using HoldsSecond = HeldContext<Held<Order, second>>;
  using TriedFirst = HeldContext<Held<Order, third, first>>;
  REQUIRE(std::convertible_to<const None&, ContextFor<Order, first>>);
  REQUIRE(std::convertible_to<HoldsFirst, ContextFor<Order, second>>);
  REQUIRE(std::convertible_to<HoldsFirst, ContextFor<Order, third>>);
  REQUIRE(std::convertible_to<HoldsFirst, ContextFor<Order, aside>>);
  REQUIRE_FALSE(std::convertible_to<HoldsFirst, ContextFor<Order, first>>);
  REQUIRE_FALSE(std::convertible_to<HoldsSecond, ContextFor<Order, first>>);
  REQUIRE_FALSE(std::convertible_to<HoldsSecond, ContextFor<Order, aside>>);
  REQUIRE_FALSE(std::convertible_to<TriedFirst, ContextFor<Order, second>>);
}

TEST_CASE("A parameter converts to one with the same or a later bound, never to an earlier one") {
  using Second = ContextFor<Order, second>;
  REQUIRE(std::convertible_to<Second, ContextFor<Order, second>>);
  REQUIRE(std::convertible_to<Second, ContextFor<Order, third>>);
  REQUIRE_FALSE(std::convertible_to<Second, ContextFor<Order, first>>);
  REQUIRE_FALSE(std::convertible_to<Second, ContextFor<Order, aside>>);
}

TEST_CASE("The bound stays in the set of everything that the callee takes") {
  using Taken = Guard<Held<Order, Below<second>>, RecordingLock<third>>;
  REQUIRE(std::is_same_v<Taken::held, Held<Order, Below<second>, third>>);
  REQUIRE_FALSE(MayAcquire<Taken, second>);
  using Tried = TryGuard<Held<Order, Below<third>>, RecordingLock<first>>;
  REQUIRE_FALSE(MayAcquire<Tried, second>);  // first precedes second, but the caller may hold second
  REQUIRE(MayAcquire<Tried, third>);
}

struct OtherOrder : Hierarchy<Before<first, second>> {};

TEST_CASE("A context of another hierarchy is no parameter of this one") {
  REQUIRE_FALSE(std::convertible_to<const ThreadContext<OtherOrder>&, ContextFor<Order, second>>);
  REQUIRE(std::convertible_to<const ThreadContext<OtherOrder>&, ContextFor<OtherOrder, second>>);
}

TEST_CASE_METHOD(Fixture, "The escape hatch is a root in the middle of a thread") {
  root.assume();
  Guard outer{root, c};
  auto context = unchecked_context<Order>("the test takes them the wrong way round");
  Guard inner{context, a};
  REQUIRE(journal.take() == "+c +a ");
  REQUIRE(std::is_same_v<decltype(context)::held, Held<Order>>);
}

TEST_CASE("The escape hatch wants a reason") {
  REQUIRE(std::constructible_from<UncheckedContext<Order>, const char(&)[2]>);
  REQUIRE_FALSE(std::constructible_from<UncheckedContext<Order>, const char(&)[1]>);
}

TEST_CASE("Contexts are told from everything else") {
  REQUIRE(LockContext<ThreadContext<Order>>);
  REQUIRE(LockContext<UncheckedContext<Order>>);
  REQUIRE(LockContext<ContextFor<Order, second>>);
  REQUIRE(LockContext<Guard<Held<Order>, RecordingLock<first>>>);
  struct Pretender {
    using held = Held<Order>;
  };
  REQUIRE_FALSE(LockContext<Pretender>);
  REQUIRE_FALSE(LockContext<int>);
}

}  // namespace
