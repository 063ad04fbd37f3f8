// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What joins the set of held classes, and what the verdict on the next lock is.
#include "devlock/order/held.hpp"

#include <mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/verdict.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

struct Pair {
  using lock_classes = ClassList<first, third>;
};
struct Backwards {
  using lock_classes = ClassList<third, first>;
};

template <class HeldSet, class Lock>
using wait = detail::wait_verdict<HeldSet, Lock>;
template <class HeldSet, class Lock>
using attempt = detail::try_verdict<HeldSet, Lock>;
template <class Class>
using Mutex = Ordered<Class, std::mutex>;

TEST_CASE("A lock adds its classes to the set, the newest at the end") {
  REQUIRE(std::is_same_v<detail::held_with<Held<Order>, Mutex<first>>, Held<Order, first>>);
  REQUIRE(std::is_same_v<detail::held_with<Held<Order, third>, Mutex<first>>, Held<Order, third, first>>);
  REQUIRE(std::is_same_v<detail::held_with<Held<Order, second>, Pair>, Held<Order, second, first, third>>);
  REQUIRE(std::is_same_v<detail::held_with<Held<Order, Below<first>>, Pair>, Held<Order, Below<first>, first, third>>);
}

TEST_CASE("Permission to wait is the set as it was before") {
  REQUIRE(std::is_same_v<wait<Held<Order>, Mutex<third>>, Held<Order>>);
  REQUIRE(std::is_same_v<wait<Held<Order, first, second>, Mutex<third>>, Held<Order, first, second>>);
  REQUIRE(std::is_same_v<wait<Held<Order>, Pair>, Held<Order>>);
}

TEST_CASE("A refusal names its rule, the class asked for and everything held") {
  REQUIRE(std::is_same_v<wait<Held<Order, second>, Mutex<first>>, lock_order_inversion<first, Held<Order, second>>>);
  REQUIRE(std::is_same_v<wait<Held<Order, aside>, Mutex<second>>, no_order_between<second, Held<Order, aside>>>);
  REQUIRE(std::is_same_v<wait<Held<Order, first>, Mutex<first>>, same_class_held_already<first, Held<Order, first>>>);
  REQUIRE(std::is_same_v<wait<Held<Order, first>, Mutex<stranger>>,
                         lock_class_not_in_hierarchy<stranger, Held<Order, first>>>);
}

TEST_CASE("Every element of the set counts, whatever its place") {
  REQUIRE(std::is_same_v<wait<Held<Order, third, first>, Mutex<second>>,
                         lock_order_inversion<second, Held<Order, third, first>>>);
  REQUIRE(std::is_same_v<wait<Held<Order, first, third>, Mutex<second>>,
                         lock_order_inversion<second, Held<Order, first, third>>>);
  REQUIRE(std::is_same_v<wait<Held<Order, first, aside>, Mutex<third>>,
                         no_order_between<third, Held<Order, first, aside>>>);
  REQUIRE(std::is_same_v<wait<Held<Order, second, first>, Mutex<second>>,
                         same_class_held_already<second, Held<Order, second, first>>>);
}

TEST_CASE("A bound permits its class and what follows, and nothing else") {
  using Bound = Held<Order, Below<second>>;
  REQUIRE(std::is_same_v<wait<Bound, Mutex<second>>, Bound>);
  REQUIRE(std::is_same_v<wait<Bound, Mutex<third>>, Bound>);
  REQUIRE(std::is_same_v<wait<Bound, Mutex<first>>, lock_order_inversion<first, Bound>>);
  REQUIRE(std::is_same_v<wait<Bound, Mutex<aside>>, no_order_between<aside, Bound>>);
}

TEST_CASE("The classes of one lock are asked for in turn, the first already held for the second") {
  REQUIRE(std::is_same_v<wait<Held<Order, second>, Pair>, lock_order_inversion<first, Held<Order, second>>>);
  REQUIRE(std::is_same_v<wait<Held<Order>, Backwards>, lock_order_inversion<first, Held<Order, third>>>);
}

TEST_CASE("A try is permitted in any order, for every class that the hierarchy knows") {
  REQUIRE(std::is_same_v<attempt<Held<Order, third>, Mutex<first>>, Held<Order, third>>);
  REQUIRE(std::is_same_v<attempt<Held<Order, first>, Mutex<first>>, Held<Order, first>>);
  REQUIRE(std::is_same_v<attempt<Held<Order, aside>, Pair>, Held<Order, aside>>);
  REQUIRE(std::is_same_v<attempt<Held<Order, Below<third>>, Mutex<first>>, Held<Order, Below<third>>>);
  REQUIRE(std::is_same_v<attempt<Held<Order, third>, Mutex<stranger>>,
                         lock_class_not_in_hierarchy<stranger, Held<Order, third>>>);
}

TEST_CASE("Only a set is a permission") {
  REQUIRE(detail::permitted<Held<Order>>);
  REQUIRE(detail::permitted<Held<Order, third, first>>);
  REQUIRE_FALSE(detail::permitted<lock_order_inversion<first, Held<Order, second>>>);
  REQUIRE_FALSE(detail::permitted<lock_class_not_in_hierarchy<stranger, Held<Order>>>);
}

}  // namespace
