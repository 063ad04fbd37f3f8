// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What counts as a lock class, and how a class is told from others.
#include "devlock/order/lock_class.hpp"

#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using devlock::ClassifiedLock;
using devlock::ClassList;
using devlock::LockClass;
using devlock::detail::hash_name;

struct nameless {};
struct empty_name {
  static constexpr char name[] = "";
};
struct pointer_name {
  static constexpr const char* name = "pointer";
};
struct number_name {
  static constexpr int name[] = {1, 2};
};
class private_name {
  [[maybe_unused]] static constexpr char name[] = "private";
};

TEST_CASE("A lock class is a type with an array of characters that is not empty") {
  REQUIRE(LockClass<test::first>);
  REQUIRE_FALSE(LockClass<nameless>);
  REQUIRE_FALSE(LockClass<empty_name>);
  REQUIRE_FALSE(LockClass<pointer_name>);
  REQUIRE_FALSE(LockClass<number_name>);
  REQUIRE_FALSE(LockClass<private_name>);
  REQUIRE_FALSE(LockClass<int>);
}

struct OneClass {
  using lock_class = test::first;
};
struct TwoClasses {
  using lock_classes = ClassList<test::first, test::third>;
};
struct NoClass {};

TEST_CASE("A lock says its class or its classes") {
  REQUIRE(ClassifiedLock<OneClass>);
  REQUIRE(ClassifiedLock<TwoClasses>);
  REQUIRE_FALSE(ClassifiedLock<NoClass>);
  REQUIRE(std::is_same_v<devlock::detail::classes_of<OneClass>, ClassList<test::first>>);
  REQUIRE(std::is_same_v<devlock::detail::classes_of<TwoClasses>, ClassList<test::first, test::third>>);
}

TEST_CASE("The key of a class depends on each character of its name and on their order") {
  REQUIRE(hash_name("group_lock") == hash_name("group_lock"));
  REQUIRE(hash_name("group_lock") != hash_name("group_loc"));
  REQUIRE(hash_name("group_lock") != hash_name("group_lokc"));
  REQUIRE(hash_name("group_lock") != hash_name("Group_lock"));
  REQUIRE(hash_name("") != 0);
  REQUIRE(hash_name("\xff") != hash_name("\x7f"));
}

}  // namespace
