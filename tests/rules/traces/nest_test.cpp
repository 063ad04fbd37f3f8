// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Nest locks that looked right. Several slots are waited for in any order by a thread that holds their shelf; each trace lets a thread do
// that which does not hold what it must.
#include "devlock/order/lifetime.hpp"
#include "devlock/order/shared_guard.hpp"
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct shelf {
  static constexpr char name[] = "shelf";
};
struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = shelf;
};
struct Order : Hierarchy<Before<shelf, slot>> {};

using Root = ThreadContext<Order>;
using Owner = Waited<Root, Mutex<shelf>>;
using InNest = Nest<Owner, Mutex<slot>, Owner>;
static_assert(WaitsUnder<Owner, Mutex<slot>, Owner>);
static_assert(WaitsUnder<InNest, Mutex<slot>, Owner>);

// Two shelves with two slots each.
struct Shelves {
  Mutex<shelf> left, right;
  Mutex<slot> of_left[2], of_right[2];
};

// The slots of one shelf in any order by its holder: what the rule is for.
struct Rightly : Shelves {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard own{root, left};
    Guard one{own, of_left[index], under(own)};
    Guard other{one, of_left[1 - index], under(own)};
  }
};
TEST_CASE("The holder of a shelf takes its slots in any order") {
  expect_free<Rightly>("slots under their shelf");
}

// A slot held from outside the nest: only the owner of the one asked for was looked at.
static_assert(!WaitsUnder<Tried<Owner, Mutex<slot>>, Mutex<slot>, Owner>);
static_assert(!WaitsUnder<Tried<Root, Mutex<slot>>, Mutex<slot>, Owner>);
struct OnlyTheTargetsOwner : Shelves {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard own{root, index == 0 ? left : right};
    TryGuard stranger{own, index == 0 ? of_right[0] : of_left[0]};  // not of this shelf
    if (stranger) {
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard mine{forced, index == 0 ? of_left[0] : of_right[0]};
    }
  }
};
TEST_CASE("Under a nest lock that covers the target only, with a slot of another shelf held") {
  expect_deadlock<OnlyTheTargetsOwner>("only the target's owner is looked at");
}

// A shelf is held, but not the one of these slots. The types see classes; which shelf it is the validator asks the lock.
struct AnotherShelf : Shelves {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard own{root, index == 0 ? left : right};
    Guard one{own, of_left[index], under(own)};
    Guard other{one, of_left[1 - index], under(own)};
  }
};
TEST_CASE("Under the nest lock of another shelf, which only the validator sees") {
  expect_deadlock<AnotherShelf>("any shelf will do");
}

// A claim is a token that threads share: both own the shelf. It is no guard, and no owner.
using Claim = GroupOwnership<S>::Claim;
static_assert(!WaitsUnder<Root, Mutex<slot>, Claim>);
static_assert(!WaitsUnder<Owner, Mutex<slot>, Claim>);
static_assert(!WaitsUnder<Root, Mutex<slot>, Root>);
// Nor is an open descriptor, which threads may have at once, nor a reader of the shelf.
struct Session {
  using lifetime_class = shelf;
};
using Opened = Through<Held<Order>, Session>;
static_assert(!WaitsUnder<Opened, Mutex<slot>, Opened>);
struct SharedShelf : Mutex<shelf> {
  void lock_shared();
  bool try_lock_shared();
  void unlock_shared();
};
using Reader = decltype(SharedGuard{std::declval<const Root&>(), std::declval<SharedShelf&>()});
static_assert(!WaitsUnder<Reader, Mutex<slot>, Reader>);
struct SharedByTwo : Shelves {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard one{root, of_left[index]};
    UncheckedContext<Order> forced(wrong_on_purpose);
    Guard other{forced, of_left[1 - index]};
  }
};
TEST_CASE("Under a claim of the shelf that two threads share") {
  expect_deadlock<SharedByTwo>("ownership by token");
}

// What the set of a guard says is what MAY be held: an owner that was released is still in it, so to the types nothing changes.
// Clang and the validator refuse the release under a live child, and `under` stops a guard that owns nothing, in release too.
struct ReleasedOwner : Shelves {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard own{root, left};
    Guard one{own, of_left[index], under(own)};
    release(own);
    UncheckedContext<Order> forced(wrong_on_purpose);
    Guard other{forced, of_left[1 - index]};
  }
  // Clang would report the live child.
  static void release(auto& guard) DEVLOCK_UNANALYSED { guard.release(); }
};
TEST_CASE("Under a nest lock that was given back early") {
  expect_deadlock<ReleasedOwner>("released owner");
}

// The permission does not pass into a function: not to the class itself, and not with the caller's guard as an argument.
static_assert(!Passes<InNest, Order, slot>);
static_assert(Passes<Owner, Order, slot>);
static_assert(!WaitsUnder<ContextFor<Order, slot>, Mutex<slot>, Owner>);
static_assert(!WaitsUnder<Waited<ContextFor<Order, slot>, Mutex<slot>>, Mutex<slot>, Owner>);
struct ThroughErasure : Shelves {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard own{root, index == 0 ? left : right};
    Guard mine{own, index == 0 ? of_left[0] : of_right[0], under(own)};
    UncheckedContext<Order> forced(wrong_on_purpose);
    take(forced, index == 0 ? of_right[0] : of_left[0]);
  }
  static void take(ContextFor<Order, slot> context, Mutex<slot>& any) DEVLOCK_REQUIRES(context) {
    Guard taken{context, any};
  }
};
TEST_CASE("A nest permission that passes into a function") {
  expect_deadlock<ThroughErasure>("nest through erasure");
}

// A walk takes slots in an order of its own, the shelf's holder in any.
struct SlotScope {
  using lock_type = Mutex<slot>;
  [[nodiscard]] std::span<lock_type* const> locks() const;
};
template <class Context, class Scope>
concept Walks = requires(const Context& context, const Scope& scope) {
  HierarchicalLock{context, scope};
};
static_assert(!Walks<Root, SlotScope>);
static_assert(!Walks<Owner, SlotScope>);
struct WalkedSlots : Shelves {
  static constexpr unsigned threads = 2;
  // Clang takes two elements of an array for one lock.
  void thread(unsigned index) DEVLOCK_UNANALYSED {
    Root root;
    if (index == 0) {
      Guard own{root, left};
      Guard one{own, of_left[1], under(own)};
      Guard other{one, of_left[0], under(own)};
    } else {
      Guard one{root, of_left[0]};
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard other{forced, of_left[1]};
    }
  }
};
TEST_CASE("A walk over slots that their shelf's holder takes in any order") {
  expect_deadlock<WalkedSlots>("a walk over a nest");
}

}  // namespace
