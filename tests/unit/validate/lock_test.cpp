// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the validator says of lock objects: taken twice, given back elsewhere, destroyed while held, revoked, tried without end.
#include "support/reports.hpp"

#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/order/retry.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"

namespace {

using namespace devlock;
using namespace test;

/// Atomics that wait for nobody, so that one thread may take a config-access block twice.
struct LooseSync {
  template <class T>
  struct atomic {
    explicit atomic(T v) : value(v) {}
    T load(std::memory_order = {}) const { return value; }
    void store(T v, std::memory_order = {}) { value = v; }
    T exchange(T v, std::memory_order = {}) { return std::exchange(value, v) & T{0}; }
    T fetch_add(T v, std::memory_order = {}) { return std::exchange(value, value + v); }
    T fetch_sub(T v, std::memory_order = {}) { return std::exchange(value, value - v); }
    T fetch_or(T v, std::memory_order = {}) { return std::exchange(value, value | v); }
    bool compare_exchange_strong(T&, T v, std::memory_order = {}) {
      value = v;
      return true;
    }
    void wait(T, std::memory_order = {}) const {}
    void notify_all() {}
    T value;
  };
  using mutex = Loose;
  static constexpr bool device_lock_has_mutex = true;
  template <class T>
  struct var {
    explicit var(T v) : value(v) {}
    const T& get() const { return value; }
    void set(T v) { value = v; }
    T value;
  };
  static void pause() {}
};

using Waiting = Guard<Held<Order>, LooseLock<first>>;
using Device = DeviceLock<LooseSync, second, third>;

struct Fixture {
  Reports reports;
  LooseLock<first> a;
  LooseLock<second> b;
  LooseLock<third> c;
  ThreadContext<Order> root;
};

template <class Body>
void unchecked(Body body) {
  UncheckedContext<Order> context("a test of the validator");
  body(context);
}

TEST_CASE_METHOD(Fixture, "A lock that this thread holds is neither waited for nor tried nor adopted again") {
  const unsigned here = __LINE__ + 1;
  Guard outer{root, a};
  unchecked([&](auto& context) { Guard again{context, a}; });
  Finding found = reports.only();
  REQUIRE(found.fault == Fault::already_held);
  REQUIRE(found.instance == &a);
  REQUIRE(found.other_line == here);
  { TryGuard again{outer, a}; }
  REQUIRE(reports.only().fault == Fault::already_held);
  { Guard again{outer, a, adopt}; }
  REQUIRE(reports.only().fault == Fault::already_held);
  LooseLock<first> other;
  { TryGuard fine{outer, other}; }
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "Two wrappers of one mutex are one lock, and a part of a lock is that lock") {
  Loose mutex;
  Ordered<first, Loose&> one(mutex);
  Ordered<second, Loose&> other(mutex);
  {
    Guard outer{root, one};
    Guard inner{outer, other};
    REQUIRE(reports.only().fault == Fault::already_held);
  }
  Device device;
  {
    Guard outer{root, device};
    TryGuard part{outer, device.config()};
    REQUIRE(reports.only().fault == Fault::already_held);
  }
  Guard part{root, device.device()};
  TryGuard whole{part, device};
  REQUIRE(reports.only().fault == Fault::already_held);
}

TEST_CASE_METHOD(Fixture, "A lock is given back by the thread that took it") {
  const unsigned here = __LINE__ + 1;
  std::unique_ptr<Waiting> guard(new Waiting(root, a));
  std::thread([&] { guard.reset(); }).join();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::foreign_unlock);
  REQUIRE(found.asked == "first");
  REQUIRE(found.instance == &a);
  REQUIRE(found.other_line == here);
  REQUIRE(found.other_thread != 0);
  REQUIRE(found.other_thread != found.thread);
  Guard again{root, a};  // neither held by this thread any more, nor by its context
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A guard that outlives its thread is told twice: at the thread's end, and at its own") {
  std::unique_ptr<Waiting> guard;
  std::thread([&] {
    auto* context = new ThreadContext<Order>;
    guard.reset(new Waiting(*context, a));
    delete context;
  }).join();
  auto all = reports.take();
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].fault == Fault::release_under_child);
  REQUIRE(all[1].fault == Fault::thread_exit);
  REQUIRE(all[1].instance == &a);
  std::thread([&] {  // takes over the records of the thread that ended
    ThreadContext<Order> own;
    Guard outer{own, b};
    guard.reset();
    Guard inner{outer, c};
  })
      .join();
  REQUIRE(reports.only().fault == Fault::foreign_unlock);
}

TEST_CASE("A lock is not destroyed while somebody holds it") {
  Reports reports;
  ThreadContext<Order> root;
  std::optional<LooseLock<first>> lock(std::in_place);
  const unsigned here = __LINE__ + 1;
  std::unique_ptr<Waiting> guard(new Waiting(root, *lock));
  const void* where = &*lock;
  lock.reset();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::destroyed_while_held);
  REQUIRE(found.asked == "first");
  REQUIRE(found.instance == where);
  REQUIRE(found.other_line == here);
  lock.emplace();
  guard->release();
  guard.reset();
  {
    SharedGuard reader{root, *lock};
    std::thread([&] {
      ThreadContext<Order> other;
      SharedGuard second_reader{other, *lock};
    }).join();
  }
  { TryGuard tried{root, *lock}; }
  lock.reset();
  REQUIRE(reports.none());
  lock.emplace();
  SharedGuard reader{root, *lock};
  std::thread([&] { lock.reset(); }).join();
  REQUIRE(reports.only().fault == Fault::destroyed_while_held);
  lock.emplace();
}

TEST_CASE("A device is not destroyed while somebody holds it or a part of it") {
  Reports reports;
  ThreadContext<Order> root;
  std::optional<Device> device(std::in_place);
  {
    Guard whole{root, *device};
    device.reset();
    REQUIRE(reports.only().fault == Fault::destroyed_while_held);
    device.emplace();
  }
  Guard part{root, device->config()};
  device.reset();
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::destroyed_while_held);
  REQUIRE(found.asked == "third");
  device.emplace();
}

TEST_CASE_METHOD(Fixture, "A device whose unplug was asked for is not waited for") {
  Device device;
  { Guard guard{root, device}; }
  REQUIRE(reports.none());
  REQUIRE(device.revoke());
  { Guard guard{root, device}; }
  REQUIRE(reports.only().fault == Fault::device_not_live);
  device.mark_gone();
  { Guard guard{root, device}; }
  REQUIRE(reports.only().fault == Fault::device_not_live);
  { TryGuard guard{root, device}; }
  { Guard bind{root, device.device()}; }
  device.revive();
  { Guard guard{root, device}; }
  REQUIRE(reports.none());
}

constexpr unsigned limit = 1000;

template <class Context, class Lock>
void spin(const Context& context, Lock& lock, unsigned times) {
  for (unsigned i = 0; i != times; ++i) {
    TryGuard guard{context, lock};
    REQUIRE_FALSE(guard.owns_lock());
  }
}

TEST_CASE_METHOD(Fixture, "Trying without end what must not be waited for is told, once") {
  a.native().free = false;
  Guard outer{root, b};
  spin(outer, a, limit);
  REQUIRE(reports.none());
  spin(outer, a, 1);
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::hold_and_retry);
  REQUIRE(found.asked == "first");
  REQUIRE(found.other == "second");
  REQUIRE(found.count == limit + 1);
  REQUIRE(found.text.find("1001 failed tries") != std::string::npos);
  spin(outer, a, 10);
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "Tries of several locks in turn are counted one by one") {
  LooseLock<first> other;
  a.native().free = false;
  other.native().free = false;
  Guard outer{root, b};
  for (unsigned i = 0; i != limit + 1; ++i) {
    spin(outer, a, 1);
    spin(outer, other, 1);
  }
  REQUIRE(reports.take().size() == 2);
}

TEST_CASE_METHOD(Fixture, "Tries between which something is taken or given back are no wait") {
  a.native().free = false;
  Guard outer{root, b};
  for (unsigned i = 0; i != 4; ++i) {
    spin(outer, a, limit);
    Guard progress{outer, c};
  }
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture,
                 "Tries under a try that failed, between which something is given back, are no wait, but that try is") {
  LooseLock<first> inner;
  LooseLock<first> once;
  a.native().free = inner.native().free = once.native().free = false;
  const auto work = [&](const auto& context) {
    spin(context, once, 1);
    for (unsigned i = 0; i != limit + 1; ++i) {
      TryGuard failed{context, a};
      UncheckedContext<Order> callback("what the types do not see");
      Guard progress{callback, c};
      spin(progress, inner, 1);
    }
  };
  work(root);
  REQUIRE(reports.none());
  Guard outer{root, b};
  work(outer);
  REQUIRE(reports.only().instance == &a);
}

TEST_CASE_METHOD(Fixture, "Trying without end where a wait is permitted, or with nothing held, is a wait") {
  c.native().free = false;
  spin(root, c, limit + 10);
  Guard outer{root, b};
  spin(outer, c, limit + 10);
  REQUIRE(reports.none());
}

TEST_CASE_METHOD(Fixture, "A bounded retry may try often, a hand-written loop after it may not") {
  a.native().free = false;
  Guard outer{root, b};
  REQUIRE_FALSE(retry_bounded(outer, a, Attempts{limit * 2}, [](auto&) {}));
  REQUIRE(reports.none());
  Guard progress{outer, c};
  progress.release();
  spin(outer, a, limit + 1);
  REQUIRE(reports.only().fault == Fault::hold_and_retry);
}

TEST_CASE_METHOD(Fixture, "An open session is held through a loop of tries") {
  struct Session {
    using lifetime_class = second;
  } session;
  a.native().free = false;
  Through through{root, session};
  spin(through, a, limit + 1);
  REQUIRE(reports.only().fault == Fault::hold_and_retry);
}

struct Scope {
  using lock_type = LooseLock<first>;
  std::span<lock_type* const> list;
  [[nodiscard]] std::span<lock_type* const> locks() const { return list; }
};

TEST_CASE_METHOD(Fixture, "A scope that is tried without end is seen although it takes and gives back locks") {
  LooseLock<first> free;
  LooseLock<first> taken;
  taken.native().free = false;
  LooseLock<first>* const list[]{&free, &taken};
  const Scope scope{list};
  Guard outer{root, b};
  for (unsigned i = 0; i != limit + 1; ++i) {
    HierarchicalTryLock whole{outer, scope};
    REQUIRE_FALSE(whole.owns_lock());
    REQUIRE(whole.contended_at() == 1);
  }
  const Finding found = reports.only();
  REQUIRE(found.fault == Fault::hold_and_retry);
  REQUIRE(found.instance == &taken);
}

}  // namespace
