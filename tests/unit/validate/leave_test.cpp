// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What ends in another way than most: on another thread, after its thread, out of turn, or with locks that it still holds.
#include "support/reports.hpp"

#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/order/condition.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

struct Fixture {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  LooseLock<third> c;
  ThreadContext<Order> root;
};

template <class Lock>
struct Scope {
  using lock_type = Lock;
  explicit Scope(std::size_t size) : store(size) {
    for (Lock& lock : store) {
      list.push_back(&lock);
    }
  }
  [[nodiscard]] std::span<Lock* const> locks() const { return list; }
  std::vector<Lock> store;
  std::vector<Lock*> list;
};

/// Waits for a scope as a whole, as intention locks do.
struct Restart {
  static constexpr bool restarts = true;
  using lock_class = first;
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
  void sleep_until_changed() {}
};

TEST_CASE_METHOD(Fixture, "A scope that is waited for as a whole is held, and then no more") {
  const Scope<Restart> scope(3);
  std::thread([&] {
    ThreadContext<Order> own;
    {
      HierarchicalLock whole{own, scope};
      for (Restart* lock : scope.locks()) {
        TryGuard again{whole, *lock};
        REQUIRE(reports.only().fault == Fault::already_held);
      }
      Guard inner{whole, b};
    }
    Guard after{own, a};
  }).join();
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A scope that another thread gives back is told once, and nobody holds it") {
  using Whole = HierarchicalTryLock<Held<Order>, LooseLock<first>>;
  auto scope = std::make_unique<Scope<LooseLock<first>>>(3);
  const unsigned here = __LINE__ + 1;
  std::unique_ptr<Whole> whole(new Whole(root, *scope));
  std::thread([&] { whole.reset(); }).join();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::foreign_unlock);
  REQUIRE(found.other_line == here);
  Guard guard{root, a};
  REQUIRE(reports.none());
  scope.reset();
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A lock whose holder's thread has ended still says who holds it") {
  using Taken = Guard<Held<Order>, LooseLock<first>>;
  std::optional<LooseLock<first>> lock(std::in_place);
  std::unique_ptr<UncheckedContext<Order>> context;
  std::unique_ptr<Taken> guard;
  unsigned line = 0;
  std::thread([&] {
    context = std::make_unique<UncheckedContext<Order>>("it outlives its thread");
    line = __LINE__ + 1;
    guard.reset(new Taken(*context, *lock));
  }).join();
  Finding found = reports.only();
  REQUIRE(found.fault == Fault::thread_exit);
  const std::uint64_t holder = found.thread;
  std::thread([&] {  // in the memory of the thread that ended
    ThreadContext<Order> own;
    Guard other{own, b};
    lock.reset();
  })
      .join();
  found = reports.only();
  REQUIRE(found.fault == Fault::destroyed_while_held);
  REQUIRE(found.asked == "first");
  REQUIRE(found.other_line == line);
  REQUIRE(found.other_thread == holder);
  guard->release();
  REQUIRE(reports.only().fault == Fault::foreign_unlock);
  guard.reset();
  context.reset();
  REQUIRE(reports.only().fault == Fault::foreign_context);
}

TEST_CASE_METHOD(Fixture, "Any guard that gave its lock back is no context, and says where it was made") {
  const Scope<LooseLock<first>> scope(2);
  const auto stale = [&](const auto& context, unsigned line) {
    { Guard inner{context, b}; }
    const Finding found = reports.only();
    REQUIRE(found.fault == Fault::stale_context);
    REQUIRE(found.line == line);
    std::thread([&] { Guard inner{context, b}; }).join();
    REQUIRE(reports.only().fault == Fault::foreign_context);
  };
  {
    Guard guard{root, a};
    guard.release();
    stale(guard, __LINE__ - 2);
  }
  {
    TryGuard guard{root, a};
    guard.release();
    stale(guard, __LINE__ - 2);
  }
  {
    SharedGuard guard{root, a};
    guard.release();
    stale(guard, __LINE__ - 2);
  }
  {
    HierarchicalTryLock whole{root, scope};
    whole.release();
    stale(whole, __LINE__ - 2);
  }
  a.native().free = false;
  {
    TryGuard guard{root, a};
    guard.release();
    stale(guard, __LINE__ - 2);
  }
}

TEST_CASE_METHOD(Fixture, "Under a scope the context is the scope, by reference and by value") {
  const Scope<LooseLock<first>> scope(3);
  HierarchicalTryLock whole{root, scope};
  const auto take = [&](ContextFor<Order, second> context) { Guard inner{context, b}; };
  take(whole);
  { Guard inner{whole, c}; }
  REQUIRE(reports.none());
  Guard inner{whole, b};
  take(whole);
  REQUIRE(reports.take().size() == 2);  // stale, and `b` is held
}

TEST_CASE_METHOD(Fixture, "A ContextFor of a guard that ended is not one of the guard that came after it") {
  std::optional<ContextFor<Order, second>> kept;
  {
    Guard outer{root, a};
    kept.emplace(outer);
  }
  Guard outer{root, a};
  Guard inner{*kept, b};
  REQUIRE(reports.only().fault == Fault::stale_context);
}

TEST_CASE_METHOD(Fixture, "A lock that is destroyed while another thread holds it names that thread and its place") {
  std::optional<LooseLock<first>> lock(std::in_place);
  unsigned line = 0;
  std::uint64_t holder = 0;
  std::thread([&] {
    ThreadContext<Order> own;
    line = __LINE__ + 1;
    Guard guard{own, *lock};
    { Guard stale{own, b}; }
    holder = reports.only().thread;
    std::thread([&] { lock.reset(); }).join();
    lock.emplace();
  }).join();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::destroyed_while_held);
  REQUIRE(found.other_line == line);
  REQUIRE(found.other_thread == holder);
}

TEST_CASE_METHOD(Fixture, "A ContextFor of a context that ended is not one of a walk that came after it") {
  const Scope<LooseLock<first>> scope(3);
  std::optional<ContextFor<Order, third>> kept;
  {
    Guard outer{root, a};
    Guard inner{outer, b};
    UncheckedContext<Order> last("where the walk will note its last lock");
    kept.emplace(last);
    UncheckedContext<Order> deeper("more than the walk needs");
  }
  HierarchicalTryLock whole{root, scope};
  REQUIRE(reports.none());
  Guard inner{*kept, c};
  REQUIRE(reports.only().fault == Fault::stale_context);
}

TEST_CASE_METHOD(Fixture, "What is made from a context that ended is no child of the one that has come after it") {
  std::optional<ContextFor<Order, third>> kept;
  {
    UncheckedContext<Order> first_one("ends before it is used");
    kept.emplace(first_one);
  }
  std::optional<UncheckedContext<Order>> after(std::in_place, "comes after it");
  UncheckedContext<Order> between("the newest");
  Guard stale{*kept, c};
  REQUIRE(reports.only().fault == Fault::stale_context);
  after.reset();
  REQUIRE(reports.none());
}

/// During each wait another thread takes the lock and gives it back.
struct Meanwhile {
  template <class Lock>
  void wait(Lock& lock) {
    lock.unlock();
    std::thread([&] {
      ThreadContext<Order> own;
      Guard guard{own, lock.ordered};
    }).join();
    lock.lock();
  }
};

TEST_CASE_METHOD(Fixture, "A lock that a condition wait has taken again is held by who waited") {
  std::optional<LooseLock<first>> lock(std::in_place);
  Condition<Meanwhile> ready;
  unsigned calls = 0;
  const unsigned line = __LINE__ + 1;
  Guard guard{root, *lock};
  ready.wait(guard, [&] { return ++calls == 2; });
  REQUIRE(reports.none());
  lock.reset();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::destroyed_while_held);
  REQUIRE(found.other_line == line);
  lock.emplace();
}

/// Keeps a root until after the validator's own end of the thread.
struct Kept {
  ~Kept() {
    if (root) {
      Guard inner{*root, *lock};
    }
  }
  std::optional<ThreadContext<Order>> root;
  LooseLock<second>* lock = nullptr;
};

TEST_CASE_METHOD(Fixture, "A root that outlives the end of its thread is still one of that thread, and of no other") {
  std::unique_ptr<UncheckedContext<Order>> other;
  std::thread([&] {
    static thread_local Kept kept;
    kept.lock = &b;  // made before the validator knows of this thread, so it ends after
    kept.root.emplace();
    other = std::make_unique<UncheckedContext<Order>>("ended by another thread");
  }).join();
  REQUIRE(reports.none());
  other.reset();
  REQUIRE(reports.only().fault == Fault::foreign_context);
}

}  // namespace
