// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Condition waits that looked right. A wait gives back its own lock and nothing else, and ends by taking it again.
#include "devlock/order/condition.hpp"
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct outer {
  static constexpr char name[] = "outer";
};
struct queue {
  static constexpr char name[] = "queue";
};
struct inner {
  static constexpr char name[] = "inner";
};
struct Order : Hierarchy<Before<outer, queue>, Before<queue, inner>> {};
using Root = ThreadContext<Order>;

struct Queue {
  static constexpr unsigned threads = 2;
  Mutex<outer> outer_lock;
  Mutex<queue> lock;
  Mutex<inner> inner_lock;
  Condition<Notifications> ready;
  S::var<int> filled{0};

  template <class Context>
  void fill(const Context& context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    filled.set(1);
    ready.notify_all();
  }
};

using Alone = Waited<Root, Mutex<queue>>;
using UnderOuter = Waited<Waited<Root, Mutex<outer>>, Mutex<queue>>;
static_assert(Sleeps<Alone>);
static_assert(!Sleeps<UnderOuter>);
static_assert(Sleeps<UnderOuter, outer>);  // by name: then the notifier must not need it
static_assert(!Sleeps<Waited<ContextFor<Order, queue>, Mutex<queue>>>);

struct Rightly : Queue {
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard guard{root, lock};
      ready.wait(guard, [this] { return filled.get() != 0; });
    } else {
      Guard held{root, outer_lock};
      fill(held);
    }
  }
};
TEST_CASE("A condition wait with its lock alone, and a notifier with another lock held") {
  expect_free<Rightly>("sleep with nothing else");
}

struct EmptySet : Queue {
  void thread(unsigned index) {
    Root root;
    Guard held{root, outer_lock};
    if (index == 0) {
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard guard{forced, lock};
      ready.wait(guard, [this] { return filled.get() != 0; });
    } else {
      fill(held);
    }
  }
};
TEST_CASE("A condition wait that sees an empty set") {
  expect_deadlock<EmptySet>("sleep sees an empty set");
}

// The named lock was tried after the waited one: the wait ends by taking the queue's lock with an inner one held.
static_assert(detail::sleep_ruling<Held<Order, queue, inner>, queue>() == detail::Ruling::sleep_with_others);
static_assert(detail::sleep_ruling<Held<Order, queue, inner>, queue, inner>() ==
              detail::Ruling::sleep_named_not_before);
struct NamedAfter : Queue {
  void thread(unsigned index) {
    if (index == 0) {
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard guard{forced, lock};
      UncheckedContext<Order> forced_too(wrong_on_purpose);
      TryGuard late{forced_too, inner_lock};
      ready.wait(guard, [this] { return filled.get() != 0; });
    } else {
      Root root;
      Guard guard{root, lock};
      filled.set(1);
      ready.notify_all();
      Guard deeper{guard, inner_lock};
    }
  }
};
TEST_CASE("A condition wait with a named lock that was tried after the waited one") {
  expect_deadlock<NamedAfter>("named lock after the waited one");
}

}  // namespace
