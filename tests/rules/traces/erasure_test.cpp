// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Calls that looked right. A function that takes a ContextFor<bound> knows one thing: everything that its callers hold precedes `bound`. That
// stays true whatever it tries.
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct late {
  static constexpr char name[] = "late";
};
struct outer {
  static constexpr char name[] = "outer";
};
struct bound {
  static constexpr char name[] = "bound";
};
struct tried {
  static constexpr char name[] = "tried";
};
// `tried` precedes `late`, but `bound` does not, and a caller may hold `outer`, which comes after `late`.
struct Order : Hierarchy<Before<tried, late>, Before<late, outer>, Before<outer, bound>> {};
using Root = ThreadContext<Order>;

using InCallee = Tried<ContextFor<Order, bound>, Mutex<tried>>;
static_assert(Waits<Tried<Root, Mutex<tried>>, Mutex<late>>);  // a root: fine
static_assert(!Waits<InCallee, Mutex<late>>);
static_assert(!Waits<InCallee, Mutex<outer>>);
static_assert(!Passes<InCallee, Order, late>);

struct BoundForgotten {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard held{root, outer_lock};
      callee(held);
    } else {
      Guard first{root, late_lock};
      Guard second{first, outer_lock};
    }
  }
  void callee(ContextFor<Order, bound> context) DEVLOCK_REQUIRES(context) {
    TryGuard any{context, tried_lock};
    if (any) {
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard wrong{forced, late_lock};
    }
  }
  Mutex<late> late_lock;
  Mutex<outer> outer_lock;
  Mutex<tried> tried_lock;
};
TEST_CASE("A bound that is forgotten after a try") {
  expect_deadlock<BoundForgotten>("bound forgotten after a try");
}

// T5: a try saves the one who tries, not the one who waits after it.
static_assert(!Waits<Tried<Root, Mutex<outer>>, Mutex<late>>);
struct TryThenWait {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      TryGuard one{root, outer_lock};
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard other{forced, late_lock};
    } else {
      Guard one{root, late_lock};
      Guard other{one, outer_lock};
    }
  }
  Mutex<late> late_lock;
  Mutex<outer> outer_lock;
};
struct WaitThenTry : TryThenWait {
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard one{root, outer_lock};
      TryGuard other{one, late_lock};
    } else {
      Guard one{root, late_lock};
      Guard other{one, outer_lock};
    }
  }
};
TEST_CASE("A wait after a try against the declared order, and a try after a wait") {
  expect_deadlock<TryThenWait>("try, then wait");
  expect_free<WaitThenTry>("wait, then try");
}

}  // namespace
