// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The tree, and what each kind of reset touches in it.
#include "devlock/pci/topology.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"

namespace {

using namespace devlock::pci;

struct Lock {};

Address at(const char* text) { return parse_address(text).value(); }

// 00:01.0 root port
//   01:00.0 switch, upstream port
//     02:00.0 downstream port
//       03:00.0, 03:00.1 two functions of one slot
//       03:01.0 another slot
//     02:01.0 downstream port, nothing below
// 00:02.0 endpoint on the root bus, 00:02.1 its second function
// 00:03.0 root port
//   04:00.0 endpoint
struct Fixture {
  Fixture() {
    // Not in walking order: the tree sorts.
    tree.add(at("00:03.0"));
    tree.add(at("00:02.1"));
    tree.add(at("00:01.0"));
    tree.add(at("01:00.0"), at("00:01.0"));
    tree.add(at("02:01.0"), at("01:00.0"));
    tree.add(at("02:00.0"), at("01:00.0"));
    tree.add(at("03:01.0"), at("02:00.0"));
    tree.add(at("03:00.1"), at("02:00.0"));
    tree.add(at("03:00.0"), at("02:00.0"));
    tree.add(at("04:00.0"), at("00:03.0"));
    tree.add(at("00:02.0"));
  }
  // "bridge | affected ..." without the domain, or "none".
  [[nodiscard]] std::string scope(ScopeKind kind, const char* address) const {
    const auto made = tree.scope(kind, at(address));
    if (!made) {
      return "none";
    }
    std::string text;
    for (std::size_t place = 0; place != made->locks().size(); ++place) {
      text += to_string(made->address_of(place)).substr(5) + (place == 0 && made->has_bridge() ? " | " : " ");
    }
    return text.empty() ? text : text.substr(0, text.size() - 1);
  }
  Topology<Lock> tree;
};

TEST_CASE_METHOD(Fixture, "The walk visits a bridge before its bus and siblings by address") {
  std::string order;
  for (const auto* node : tree.walk()) {
    order += to_string(node->address).substr(5) + ' ';
  }
  REQUIRE(order ==
          "00:01.0 01:00.0 02:00.0 03:00.0 03:00.1 03:01.0 02:01.0 00:02.0 00:02.1 00:03.0 04:00.0 ");
}

TEST_CASE_METHOD(Fixture, "An address is added once, and only below a bridge that is there") {
  REQUIRE(tree.add(at("03:00.0"), at("02:00.0")) == nullptr);
  REQUIRE(tree.add(at("03:00.0")) == nullptr);
  REQUIRE(tree.add(at("05:00.0"), at("05:00.0")) == nullptr);
  REQUIRE(tree.add(at("05:00.0"), at("06:00.0")) == nullptr);
  REQUIRE(tree.walk().size() == 11);
  REQUIRE(tree.find(at("05:00.0")) == nullptr);
  auto* added = tree.add(at("05:00.0"), at("02:01.0"));
  REQUIRE(added != nullptr);
  REQUIRE(added->bridge == tree.find(at("02:01.0")));
  REQUIRE(tree.find(at("05:00.0")) == added);
}

TEST_CASE_METHOD(Fixture, "A tree that grows keeps its locks where they are") {
  auto* lock = &tree.find(at("03:00.0"))->lock;
  for (unsigned device = 0; device != 32; ++device) {
    tree.add({0, 4, static_cast<std::uint8_t>(device), 1}, at("00:03.0"));
  }
  REQUIRE(&tree.find(at("03:00.0"))->lock == lock);
}

TEST_CASE_METHOD(Fixture, "A function's scope is the function, under the lock of the bridge above") {
  REQUIRE(scope(ScopeKind::function, "03:00.0") == "02:00.0 | 03:00.0");
  REQUIRE(scope(ScopeKind::function, "03:00.1") == "02:00.0 | 03:00.1");
  REQUIRE(scope(ScopeKind::function, "01:00.0") == "00:01.0 | 01:00.0");
}

TEST_CASE_METHOD(Fixture, "A function on a root bus has no bridge") {
  REQUIRE(scope(ScopeKind::function, "00:02.0") == "00:02.0");
  REQUIRE(scope(ScopeKind::slot, "00:02.0") == "00:02.0 00:02.1");
}

TEST_CASE_METHOD(Fixture, "A slot's scope is its functions and what is below them, not the other slots of the bus") {
  REQUIRE(scope(ScopeKind::slot, "03:00.0") == "02:00.0 | 03:00.0 03:00.1");
  REQUIRE(scope(ScopeKind::slot, "03:00.1") == "02:00.0 | 03:00.0 03:00.1");
  REQUIRE(scope(ScopeKind::slot, "03:01.0") == "02:00.0 | 03:01.0");
  REQUIRE(scope(ScopeKind::slot, "02:00.0") == "01:00.0 | 02:00.0 03:00.0 03:00.1 03:01.0");
}

TEST_CASE_METHOD(Fixture, "A bus's scope is everything on and below the bus of the function") {
  REQUIRE(scope(ScopeKind::bus, "03:01.0") == "02:00.0 | 03:00.0 03:00.1 03:01.0");
  REQUIRE(scope(ScopeKind::bus, "02:01.0") == "01:00.0 | 02:00.0 03:00.0 03:00.1 03:01.0 02:01.0");
  REQUIRE(scope(ScopeKind::bus, "01:00.0") == "00:01.0 | 01:00.0 02:00.0 03:00.0 03:00.1 03:01.0 02:01.0");
}

TEST_CASE_METHOD(Fixture, "A subordinate scope is everything below the bridge itself") {
  REQUIRE(scope(ScopeKind::subordinate, "02:00.0") == "02:00.0 | 03:00.0 03:00.1 03:01.0");
  REQUIRE(scope(ScopeKind::subordinate, "00:03.0") == "00:03.0 | 04:00.0");
}

TEST_CASE_METHOD(Fixture, "A kind without a meaning at an address has no scope") {
  REQUIRE(scope(ScopeKind::bus, "00:02.0") == "none");          // a root bus has no bridge to reset it
  REQUIRE(scope(ScopeKind::bus, "00:01.0") == "none");
  REQUIRE(scope(ScopeKind::subordinate, "03:00.0") == "none");  // not a bridge
  REQUIRE(scope(ScopeKind::subordinate, "02:01.0") == "none");  // nothing below
  for (const auto kind : {ScopeKind::function, ScopeKind::slot, ScopeKind::bus, ScopeKind::subordinate}) {
    REQUIRE(scope(kind, "0f:00.0") == "none");
  }
}

TEST_CASE_METHOD(Fixture, "Every scope is a part of the walk, in its order, each lock once and the function's own") {
  const auto walk = tree.walk();
  const auto place_of = [&](Address address) {
    return std::find_if(walk.begin(), walk.end(), [&](const auto* n) { return n->address == address; }) -
           walk.begin();
  };
  int scopes = 0;
  for (const auto* node : walk) {
    for (const auto kind : {ScopeKind::function, ScopeKind::slot, ScopeKind::bus, ScopeKind::subordinate}) {
      const auto made = tree.scope(kind, node->address);
      if (!made) {
        continue;
      }
      ++scopes;
      REQUIRE(made->kind() == kind);
      REQUIRE(made->target() == node->address);
      REQUIRE(made->affected().size() + (made->has_bridge() ? 1U : 0U) == made->locks().size());
      for (std::size_t place = 0; place != made->locks().size(); ++place) {
        REQUIRE(made->locks()[place] == &tree.find(made->address_of(place))->lock);
        if (place != 0) {
          REQUIRE(place_of(made->address_of(place - 1)) < place_of(made->address_of(place)));
        }
      }
    }
  }
  REQUIRE(scopes == 11 + 11 + 7 + 4);
}

TEST_CASE_METHOD(Fixture, "A scope lists what was there when it was made") {
  const auto before = tree.scope(ScopeKind::bus, at("03:00.0"));
  tree.add(at("03:02.0"), at("02:00.0"));
  REQUIRE(before->locks().size() == 4);
  REQUIRE(tree.scope(ScopeKind::bus, at("03:00.0"))->locks().size() == 5);
}

TEST_CASE("Domains are trees of their own") {
  Topology<Lock> tree;
  tree.add({0, 0, 1, 0});
  tree.add({1, 0, 1, 0});
  tree.add({1, 0, 1, 1});
  const auto scope = tree.scope(ScopeKind::slot, {0, 0, 1, 0});
  REQUIRE(scope.has_value());
  REQUIRE(scope->locks().size() == 1);
}

TEST_CASE("Each kind has a word of its own") {
  REQUIRE(std::string(to_string(ScopeKind::function)) == "function");
  REQUIRE(std::string(to_string(ScopeKind::slot)) == "slot");
  REQUIRE(std::string(to_string(ScopeKind::bus)) == "bus");
  REQUIRE(std::string(to_string(ScopeKind::subordinate)) == "subordinate");
}

TEST_CASE_METHOD(Fixture, "A virtual function is on the bus of its physical one and comes after it") {
  REQUIRE(tree.add_virtual(at("03:02.0"), at("03:00.0")) != nullptr);
  REQUIRE(tree.add_virtual(at("03:01.7"), at("03:00.0")) != nullptr);
  REQUIRE(tree.find(at("03:02.0"))->bridge == tree.find(at("02:00.0")));
  REQUIRE(tree.find(at("03:02.0"))->physical == tree.find(at("03:00.0")));
  REQUIRE(scope(ScopeKind::physical, "03:00.0") == "02:00.0 | 03:00.0 03:01.7 03:02.0");
  REQUIRE(scope(ScopeKind::physical, "03:00.1") == "02:00.0 | 03:00.1");
  REQUIRE(scope(ScopeKind::function, "03:00.0") == "02:00.0 | 03:00.0");
  REQUIRE(scope(ScopeKind::bus, "03:02.0") == "02:00.0 | 03:00.0 03:00.1 03:01.0 03:01.7 03:02.0");
}

TEST_CASE_METHOD(Fixture, "A virtual function needs a physical one before it") {
  REQUIRE(tree.add_virtual(at("03:02.0"), at("03:00.5")) == nullptr);  // no such function
  REQUIRE(tree.add_virtual(at("03:00.1"), at("03:00.0")) == nullptr);  // there already
  REQUIRE(tree.add_virtual(at("02:07.0"), at("03:00.0")) == nullptr);  // it would be locked before its physical function
  REQUIRE(tree.add_virtual(at("03:02.0"), at("03:00.0")) != nullptr);
  REQUIRE(tree.add_virtual(at("03:03.0"), at("03:02.0")) == nullptr);  // virtual itself
}

TEST_CASE_METHOD(Fixture, "A function that is taken away is in no scope, and its lock stays for those that list it") {
  const auto before = *tree.scope(ScopeKind::bus, at("03:00.0"));
  Lock* lock = &tree.find(at("03:01.0"))->lock;
  REQUIRE(tree.remove(at("03:01.0")));
  REQUIRE(tree.find(at("03:01.0")) == nullptr);
  REQUIRE(scope(ScopeKind::bus, "03:00.0") == "02:00.0 | 03:00.0 03:00.1");
  REQUIRE(before.locks().back() == lock);
  REQUIRE_FALSE(before.lists_the_same(*tree.scope(ScopeKind::bus, at("03:00.0"))));
  REQUIRE(tree.add(at("03:01.0"), at("02:00.0")) != nullptr);
  // The same address, and another function.
  REQUIRE(&tree.find(at("03:01.0"))->lock != lock);
  REQUIRE_FALSE(before.lists_the_same(*tree.scope(ScopeKind::bus, at("03:00.0"))));
  REQUIRE(before.lists_the_same(before));
}

TEST_CASE_METHOD(Fixture, "A bridge with something below it and a function with virtual ones stay") {
  REQUIRE_FALSE(tree.remove(at("02:00.0")));
  REQUIRE_FALSE(tree.remove(at("09:00.0")));
  REQUIRE(tree.add_virtual(at("03:02.0"), at("03:00.0")) != nullptr);
  REQUIRE_FALSE(tree.remove(at("03:00.0")));
  REQUIRE(tree.remove(at("03:02.0")));
  REQUIRE(tree.remove(at("03:00.0")));
  REQUIRE(tree.remove(at("02:01.0")));
}

}  // namespace
