// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Nest locks: what compiles under an owner, and what does not.
#include "devlock/order/nest.hpp"

#include <mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/recording_lock.hpp"

namespace {

using namespace devlock;
using test::Journal;
using test::RecordingLock;

struct shelf {
  static constexpr char name[] = "shelf";
};
struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = shelf;
};
struct item {
  static constexpr char name[] = "item";
};
struct ShelfOrder : Hierarchy<Before<shelf, slot>, Before<slot, item>> {};

using ShelfLock = Ordered<shelf, std::mutex>;
using SlotLock = Ordered<slot, std::mutex>;
using ItemLock = Ordered<item, std::mutex>;
using Root = ThreadContext<ShelfOrder>;
using Owner = Guard<Held<ShelfOrder>, ShelfLock>;

template <class Context, class Lock, class NamedOwner>
concept Nests = requires(const Context& context, Lock& lock, const NamedOwner& owner) { Guard{context, lock, under(owner)}; };
template <class Context, class Lock, class NamedOwner>
concept TriesNested =
    requires(const Context& context, Lock& lock, const NamedOwner& owner) { TryGuard{context, lock, under(owner)}; };
template <class Context, class Lock>
concept Waits = requires(const Context& context, Lock& lock) { Guard{context, lock}; };

template <class... Elements>
using Context = HeldContext<Held<ShelfOrder, Elements...>>;

TEST_CASE("Under its owner a class may be waited for again and again") {
  REQUIRE(Nests<Owner, SlotLock, Owner>);
  REQUIRE(Nests<Context<shelf, Nested<slot, shelf>>, SlotLock, Owner>);
  REQUIRE(TriesNested<Context<shelf, Nested<slot, shelf>>, SlotLock, Owner>);
}

TEST_CASE("A lock of the class that was taken without the owner spoils the nest") {
  REQUIRE_FALSE(Nests<Context<shelf, slot>, SlotLock, Owner>);
  REQUIRE_FALSE(Nests<Context<shelf, Shared<slot>>, SlotLock, Owner>);
}

TEST_CASE("An owner that is not held, or held as a reader only, is no owner") {
  REQUIRE_FALSE(Nests<Context<>, SlotLock, Owner>);
  REQUIRE_FALSE(Nests<Context<Shared<shelf>>, SlotLock, Owner>);
  REQUIRE_FALSE(TriesNested<Context<>, SlotLock, Owner>);
}

TEST_CASE("Only the owner that the class names counts") {
  REQUIRE_FALSE(Nests<Owner, ItemLock, Owner>);
  REQUIRE_FALSE(Nests<Owner, SlotLock, Guard<Held<ShelfOrder>, ItemLock>>);
}

TEST_CASE("Without naming the owner the class is refused again") {
  REQUIRE_FALSE(Waits<Context<shelf, Nested<slot, shelf>>, SlotLock>);
  REQUIRE_FALSE(Waits<Context<shelf, slot>, SlotLock>);
}

TEST_CASE("The permission does not cross a call") {
  REQUIRE_FALSE(Nests<ContextFor<ShelfOrder, slot>, SlotLock, Owner>);
  REQUIRE_FALSE(std::convertible_to<Context<shelf, Nested<slot, shelf>>, ContextFor<ShelfOrder, slot>>);
  REQUIRE(std::convertible_to<Context<shelf, Nested<slot, shelf>>, ContextFor<ShelfOrder, item>>);
}

TEST_CASE("Other classes keep their order under a nest") {
  REQUIRE(Waits<Context<shelf, Nested<slot, shelf>>, ItemLock>);
  REQUIRE_FALSE(Nests<Context<shelf, item>, SlotLock, Owner>);
}

TEST_CASE("Nested guards lock and unlock in the order of the program") {
  Journal journal;
  RecordingLock<slot> one{journal, "1"};
  RecordingLock<slot> two{journal, "2"};
  ShelfLock lock;
  {
    Root root;
    Guard owner{root, lock};
    Guard second{owner, two, under(owner)};
    TryGuard first{second, one, under(owner)};
    REQUIRE(first);
  }
  REQUIRE(journal.take() == "+2 ?1 -1 -2 ");
}

}  // namespace
