// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the validator says of waits that the types let through: erased and unchecked contexts, hierarchies that do not know each other,
// instances and nest locks. The twin of each that is in order is silent.
#include "support/reports.hpp"

#include <mutex>
#include <shared_mutex>
#include <span>
#include <string_view>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/lock/rundown.hpp"
#include "devlock/order/condition.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

struct slot {
  static constexpr char name[] = "slot";
  using nest_owner = first;
};
struct numbered {
  static constexpr char name[] = "numbered";
  using instance_key = int;
};
struct log_lock {
  static constexpr char name[] = "log";
};
struct Rich : Hierarchy<Extends<Order>, Leaves<log_lock>, Before<first, slot>, Before<second, numbered>> {};

struct Fixture {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  LooseLock<third> c;
  LooseLock<aside> d;
  ThreadContext<Rich> root;
};

/// What is called in the middle of a thread, by somebody who knows nothing of its locks.
template <class Body>
void unchecked(Body body) {
  UncheckedContext<Rich> context("a test of the validator");
  body(context);
}

LooseLock<vfio::group_lock> group;
LooseLock<vfio::kvm_lock> vm;

unsigned group_line = 0;
unsigned vm_line = 0;

void open_group(ContextFor<vfio::VfioOrder, vfio::group_lock> context) {
  group_line = __LINE__ + 1;
  Guard guard{context, group};
}
void add_device(ContextFor<vfio::VfioOrder, vfio::kvm_lock> context) {
  vm_line = __LINE__ + 1;
  Guard guard{context, vm};
  UncheckedContext<vfio::VfioOrder> lost("a callback without a context");
  open_group(lost);
}

TEST_CASE("An inversion through two erased contexts shows the declared path and both places") {
  Reports reports;
  vfio::ThreadContext root;
  add_device(root);
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::inversion);
  REQUIRE(found.asked == "vfio_group.group_lock");
  REQUIRE(found.other == "kvm.lock");
  REQUIRE(found.instance == &group);
  REQUIRE(found.other_instance == &vm);
  REQUIRE(found.path == "vfio_group.group_lock vfio_device_set.lock matrix_dev.guests_lock kvm.lock ");
  REQUIRE(found.line == group_line);
  REQUIRE(found.other_line == vm_line);
  REQUIRE(found.held == 1);
  REQUIRE(found.count == 1);
}

TEST_CASE_METHOD(Fixture, "An inversion against one of many is found, with the number of all") {
  Guard outer{root, a};
  Guard middle{outer, b};
  Guard inner{middle, c};
  unchecked([&](auto& context) { Guard again{context, b}; });
  REQUIRE(reports.only().fault == Fault::already_held);
  LooseLock<second> twin;
  unchecked([&](auto& context) { Guard again{context, twin}; });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::inversion);
  REQUIRE(found.other == "third");
  REQUIRE(found.count == 2);
  REQUIRE(found.held == 3);
}

TEST_CASE_METHOD(Fixture, "Classes without a path between them do not nest, and a second lock of one class neither") {
  Guard outer{root, b};
  unchecked([&](auto& context) { Guard guard{context, d}; });
  Finding found = reports.only();
  REQUIRE(found.fault == Fault::unordered);
  REQUIRE(found.path.empty());
  LooseLock<second> other;
  unchecked([&](auto& context) { Guard guard{context, other}; });
  found = reports.only();
  REQUIRE(found.fault == Fault::same_class);
  REQUIRE(found.instance == &other);
  REQUIRE(found.other_instance == &b);
  unchecked([&](auto& context) { Guard guard{context, c}; });
  unchecked([&](auto& context) { TryGuard guard{context, a}; });
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A leaf comes after everything, by no edge") {
  LooseLock<log_lock> log;
  Guard outer{root, log};
  unchecked([&](auto& context) { Guard guard{context, c}; });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::inversion);
  REQUIRE(found.path == "third log ");
  REQUIRE(found.text.find("a leaf") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "A lock that was tried counts for the next wait") {
  Guard inner{root, c};
  TryGuard tried{inner, a};
  REQUIRE(reports.none());
  unchecked([&](auto& context) { Guard guard{context, b}; });
  REQUIRE(reports.only().fault == Fault::inversion);
  tried.release();
  inner.release();
  unchecked([&](auto& context) { Guard guard{context, b}; });
  REQUIRE(reports.none());
}

struct Library : Hierarchy<Before<third, stranger>> {};

TEST_CASE_METHOD(Fixture, "Locks of hierarchies that do not know each other have no order") {
  LooseLock<stranger> foreign;
  {
    Guard outer{root, b};
    UncheckedContext<Library> library("a library with an order of its own");
    Guard guard{library, foreign};
    REQUIRE(reports.only().fault == Fault::unordered);
  }
  Guard outer{root, c};
  UncheckedContext<Library> library("a library with an order of its own");
  Guard guard{library, foreign};  // third precedes stranger there
  REQUIRE(reports.none());
  UncheckedContext<Rich> back("a callback");
  Guard again{back, d};
  REQUIRE(reports.take().size() == 1);
}

struct Against : Hierarchy<Before<second, first>> {};

TEST_CASE_METHOD(Fixture, "An order that says the opposite is no excuse") {
  Guard outer{root, b};
  UncheckedContext<Against> other("an order of its own");
  Guard guard{other, a};
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::inversion);
  REQUIRE(found.text.find("Rich") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "Readers are ordered like writers") {
  Ordered<second, Loose> one;
  Ordered<second, Loose> other;
  SharedGuard outer{root, one};
  unchecked([&](auto& context) { SharedGuard guard{context, other}; });
  REQUIRE(reports.only().fault == Fault::shared_after_shared);
  unchecked([&](auto& context) { Guard guard{context, other}; });
  REQUIRE(reports.only().fault == Fault::same_class);
  unchecked([&](auto& context) { SharedGuard guard{context, a}; });
  REQUIRE(reports.only().fault == Fault::inversion);
  unchecked([&](auto& context) { SharedTryGuard guard{context, other}; });
  REQUIRE(reports.none());
  unchecked([&](auto& context) { SharedTryGuard guard{context, one}; });
  REQUIRE(reports.only().fault == Fault::already_held);
}

struct Numbered {
  using lock_class = numbered;
  int number;
  int instance_key() { return number; }
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
};
void take(ContextFor<Rich, second> context, Numbered& lock) {
  Guard guard{context, lock};
}

TEST_CASE_METHOD(Fixture, "Instances are taken in the order of their keys") {
  Numbered one{1};
  Numbered two{2};
  Numbered three{3};
  Guard outer{root, one};
  Guard inner{outer, three};
  REQUIRE(reports.none());
  unchecked([&](auto& context) { take(context, two); });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::instance_order);
  REQUIRE(found.other_instance == &three);
  inner.release();
  unchecked([&](auto& context) { take(context, two); });
  REQUIRE(reports.none());
  Numbered equal{1};
  unchecked([&](auto& context) { take(context, equal); });
  REQUIRE(reports.only().fault == Fault::instance_order);
}

struct Shelf {
  LooseLock<first> lock;
};
struct Slot {
  using lock_class = slot;
  const Shelf* shelf;
  [[nodiscard]] bool owned_by(const LooseLock<first>& owner) const { return &owner == &shelf->lock; }
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
};

TEST_CASE_METHOD(Fixture, "A nest lock is held, and is the owner of the lock") {
  Shelf mine;
  Shelf other;
  Slot one{&mine};
  Slot two{&mine};
  Slot foreign{&other};
  Guard owner{root, mine.lock};
  {
    Guard slot_one{owner, one, under(owner)};
    Guard slot_two{slot_one, two, under(owner)};
    TryGuard tried{slot_two, foreign};
  }
  REQUIRE(reports.none());
  {
    Guard wrong{owner, foreign, under(owner)};
    const Finding found = reports.only();
    REQUIRE(found.fault == Fault::nest_owner);
    REQUIRE(found.instance == &foreign);
    REQUIRE(found.other_instance == &mine.lock);
  }
  {
    TryGuard wrong{owner, foreign, under(owner)};
    REQUIRE(reports.only().fault == Fault::nest_owner);
  }
}

TEST_CASE_METHOD(Fixture, "A nest lock that was given back, or never taken, is none") {
  Shelf shelf;
  Slot one{&shelf};
  shelf.lock.native().free = false;
  TryGuard failed{root, shelf.lock};
  Guard wrong{failed, one, under(failed)};
  REQUIRE(reports.only().fault == Fault::nest_owner);
}

TEST_CASE_METHOD(Fixture, "All locks of the class that are held stand under a nest lock that is named") {
  Shelf mine;
  Shelf other;
  Slot one{&mine};
  Slot two{&other};
  Guard owner{root, mine.lock};
  TryGuard second_owner{owner, other.lock};
  Guard slot_one{second_owner, one, under(owner)};
  {
    Guard both{slot_one, two, under(owner, second_owner)};
    REQUIRE(reports.none());
  }
  Guard wrong{slot_one, two, under(second_owner)};
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::nest_owner);
  REQUIRE(found.other == "slot");
  REQUIRE(found.other_instance == &one);
}

TEST_CASE_METHOD(Fixture, "A lock of the class taken outside the nest lets no other be waited for") {
  Shelf shelf;
  Slot one{&shelf};
  Slot two{&shelf};
  Guard owner{root, shelf.lock};
  Guard bare{owner, one};
  UncheckedContext<Rich> lost("it forgets the bare one");
  LooseLock<first> unrelated;
  TryGuard inner_owner{lost, unrelated};
  Guard wrong{inner_owner, two, under(inner_owner)};
  const auto all = reports.take();
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].fault == Fault::nest_owner);
  REQUIRE(all[1].fault == Fault::outside_nest);
}

struct Scope {
  using lock_type = LooseLock<second>;
  std::span<lock_type* const> list;
  [[nodiscard]] std::span<lock_type* const> locks() const { return list; }
};

TEST_CASE_METHOD(Fixture, "Locks of one scope do not collide with each other, but with everything else") {
  LooseLock<second> one;
  LooseLock<second> two;
  LooseLock<second>* const list[]{&one, &two};
  const Scope scope{list};
  {
    HierarchicalLock whole{root, scope};
    unchecked([&](auto& context) { Guard guard{context, a}; });
    const Finding found = reports.only();
    REQUIRE(found.fault == Fault::inversion);
    REQUIRE(found.count == 2);
  }
  Guard outer{root, b};
  unchecked([&](auto& context) { HierarchicalLock whole{context, scope}; });
  const auto all = reports.take();
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].fault == Fault::same_class);
}

struct Session {
  using lifetime_class = second;
};

TEST_CASE_METHOD(Fixture, "Who operates through a session must not wait for what waits for its end") {
  Session session;
  Through through{root, session};
  unchecked([&](auto& context) { Guard guard{context, a}; });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::inversion);
  REQUIRE(found.other_instance == &session);
  REQUIRE(found.path == "first second ");
  unchecked([&](auto& context) { Guard guard{context, c}; });
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "Draining users and the last put are waits") {
  Rundown<StdSync, Rich, second> rundown;
  Reference<StdSync, Rich, second> object;
  rundown.close(root);
  rundown.reopen();
  REQUIRE(object.get_unless_zero());
  REQUIRE_FALSE(object.put(root, [](auto) {}));
  REQUIRE(reports.none());
  Guard outer{root, c};
  unchecked([&](auto& context) { rundown.close(context); });
  REQUIRE(reports.only().fault == Fault::inversion);
  REQUIRE(object.get_unless_zero());
  unchecked([&](auto& context) { object.put(context, [](auto) {}); });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::inversion);
  REQUIRE(found.asked == "second");
  REQUIRE(found.line == __LINE__ - 4);
}

struct Instant {
  template <class Lock>
  void wait(Lock& lock) {
    lock.unlock();
    lock.lock();
  }
};

TEST_CASE_METHOD(Fixture, "A condition wait has no other lock held than those named before it") {
  Condition<Instant> ready;
  unsigned calls = 0;
  const auto once = [&] { return ++calls % 2 == 0; };
  {
    Guard guard{root, b};
    ready.wait(guard, once);
  }
  {
    Guard outer{root, a};
    Guard guard{outer, b};
    ready.wait(guard, holding<first>, once);
  }
  REQUIRE(reports.none());
  Guard outer{root, a};
  unchecked([&](auto& context) {
    Guard guard{context, b};
    ready.wait(guard, once);
  });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::sleep_with_locks);
  REQUIRE(found.asked == "second");
  REQUIRE(found.other == "first");
}

TEST_CASE_METHOD(Fixture, "Two classes of one lock are both looked at") {
  DeviceLock<StdSync, second, third> device;
  Guard outer{root, device};
  unchecked([&](auto& context) { TryGuard guard{context, d}; });
  REQUIRE(reports.none());
  unchecked([&](auto& context) { Guard guard{context, c}; });
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::same_class);
  REQUIRE(found.other == "third");
}

}  // namespace
