// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The relation that a declared hierarchy answers with.
#include "devlock/order/hierarchy.hpp"

#include "devlock/order/held.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using devlock::contains_class;
using devlock::precedes;
using namespace test;

TEST_CASE("An edge orders its two classes one way") {
  REQUIRE(precedes<Order, first, second>);
  REQUIRE_FALSE(precedes<Order, second, first>);
}

TEST_CASE("A path of edges orders its ends") {
  REQUIRE(precedes<Order, first, third>);
  REQUIRE_FALSE(precedes<Order, third, first>);
}

TEST_CASE("No class precedes itself") {
  REQUIRE_FALSE(precedes<Order, first, first>);
  REQUIRE_FALSE(precedes<Order, third, third>);
}

TEST_CASE("Classes that no path connects are incomparable both ways") {
  REQUIRE_FALSE(precedes<Order, second, aside>);
  REQUIRE_FALSE(precedes<Order, aside, second>);
  REQUIRE_FALSE(precedes<Order, third, aside>);
  REQUIRE_FALSE(precedes<Order, aside, third>);
}

TEST_CASE("A class without an edge is not in the hierarchy and precedes nothing") {
  REQUIRE(contains_class<Order, first>);
  REQUIRE(contains_class<Order, aside>);
  REQUIRE_FALSE(contains_class<Order, stranger>);
  REQUIRE_FALSE(precedes<Order, first, stranger>);
  REQUIRE_FALSE(precedes<Order, stranger, first>);
}

struct top {
  static constexpr char name[] = "top";
};
struct left {
  static constexpr char name[] = "left";
};
struct right {
  static constexpr char name[] = "right";
};
struct bottom {
  static constexpr char name[] = "bottom";
};
struct Diamond
    : devlock::Hierarchy<devlock::Before<left, bottom>, devlock::Before<top, right>, devlock::Before<right, bottom>,
                         devlock::Before<top, left>> {};

TEST_CASE("Two paths may lead to one class, in whatever order the edges stand") {
  REQUIRE(precedes<Diamond, top, bottom>);
  REQUIRE(precedes<Diamond, left, bottom>);
  REQUIRE(precedes<Diamond, right, bottom>);
  REQUIRE_FALSE(precedes<Diamond, left, right>);
  REQUIRE_FALSE(precedes<Diamond, right, left>);
  REQUIRE_FALSE(precedes<Diamond, bottom, top>);
}

struct Reversed : devlock::Hierarchy<devlock::Before<second, first>> {};

TEST_CASE("Each hierarchy has a relation of its own") {
  REQUIRE(precedes<Reversed, second, first>);
  REQUIRE_FALSE(precedes<Reversed, first, second>);
  REQUIRE_FALSE(contains_class<Reversed, third>);
}

struct Empty : devlock::Hierarchy<> {};

TEST_CASE("A hierarchy without edges knows no class") {
  REQUIRE_FALSE(contains_class<Empty, first>);
  REQUIRE_FALSE(precedes<Empty, first, second>);
}

}  // namespace
