// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Orders that looked right: two extensions of one order, DeviceLock and config access as one class, a lock that is handed over, and a try
// that fails for no reason.
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct base {
  static constexpr char name[] = "base";
};
struct one {
  static constexpr char name[] = "one";
};
struct other {
  static constexpr char name[] = "other";
};
struct Base : Hierarchy<Before<base, one>, Before<base, other>> {};

// An extension relates no two classes of its base anew, so neither of these could be declared over Base.
template <class Outer, class Inner>
constexpr bool relates_anew() {
  detail::OrderTable<64, 8> table;
  table.add_base(Base::table);
  table.add_edge(detail::class_key<Outer>, Outer::name, 0, detail::class_key<Inner>, Inner::name, 1);
  table.close();
  return table.new_relation(Base::table).first != table.nowhere;
}
static_assert(relates_anew<one, other>());
static_assert(relates_anew<other, one>());
// And together they are a cycle.
constexpr auto both = [] {
  detail::OrderTable<64, 8> table;
  table.add_base(Base::table);
  table.add_edge(detail::class_key<one>, one::name, 0, detail::class_key<other>, other::name, 1);
  table.add_edge(detail::class_key<other>, other::name, 2, detail::class_key<one>, one::name, 3);
  table.close();
  return table;
}();
static_assert(both.cycle_length == 3);

// Two orders over classes that neither has from a base: the validator reports that a program follows two.
struct OneWay : Hierarchy<Before<one, other>> {};
struct OtherWay : Hierarchy<Before<other, one>> {};
static_assert(!Passes<ThreadContext<OneWay>, OtherWay, other>);
struct TwoOrders {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      ThreadContext<OneWay> root;
      Guard first{root, a};
      Guard second{first, b};
    } else {
      ThreadContext<OtherWay> root;
      Guard first{root, b};
      Guard second{first, a};
    }
  }
  Mutex<one> a;
  Mutex<other> b;
};
TEST_CASE("Two orders in one program") {
  expect_deadlock<TwoOrders>("two orders");
}

// The device's lock and its config-access block as one class would be before and after memory_lock.
constexpr auto merged = [] {
  detail::OrderTable<64, 4> table;
  const auto key = [](const char* name) { return detail::hash_name(name); };
  using namespace vfio;
  table.add_edge(key(device_lock::name), device_lock::name, 0, key(dev_set_lock::name), dev_set_lock::name, 1);
  table.add_edge(key(dev_set_lock::name), dev_set_lock::name, 2, key(memory_lock::name), memory_lock::name, 3);
  table.add_edge(key(memory_lock::name), memory_lock::name, 4, key(device_lock::name), device_lock::name, 5);
  table.close();
  return table;
}();
static_assert(merged.cycle_length == 4);
static_assert(precedes<vfio::VfioOrder, vfio::device_lock, vfio::memory_lock>);
static_assert(precedes<vfio::VfioOrder, vfio::memory_lock, vfio::config_access>);
using Memory = Waited<vfio::ThreadContext, Mutex<vfio::memory_lock>>;
static_assert(!Waits<Memory, DeviceLock<S>>);
static_assert(Waits<Memory, DeviceLock<S>::ConfigPart>);

struct OneClass {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    vfio::ThreadContext root;
    if (index == 0) {
      Guard device{root, lock};
      Guard opening{device, dev_set};
    } else if (index == 1) {
      Guard closing{root, dev_set};
      Guard power{closing, memory};
    } else {
      Guard power{root, memory};
      UncheckedContext<vfio::VfioOrder> forced(wrong_on_purpose);
      Guard config{forced, lock};
    }
  }
  Mutex<vfio::device_lock> lock;  // config access too
  Mutex<vfio::dev_set_lock> dev_set;
  Mutex<vfio::memory_lock> memory;
};
struct TwoClasses {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    vfio::ThreadContext root;
    if (index == 0) {
      Guard device{root, lock.device()};
      Guard opening{device, dev_set};
    } else if (index == 1) {
      Guard closing{root, dev_set};
      Guard power{closing, memory};
    } else {
      Guard power{root, memory};
      Guard config{power, lock.config()};
    }
  }
  DeviceLock<S> lock;
  Mutex<vfio::dev_set_lock> dev_set;
  Mutex<vfio::memory_lock> memory;
};
TEST_CASE("The device's lock and its config access as one class, and as two") {
  expect_deadlock<OneClass>("one class");
  expect_free<TwoClasses>("two classes");
}

// A guard stays with its thread. While a lock is on its way nobody holds it, and nobody gives it back before it is received.
template <class G>
inline constexpr bool stays = !std::is_copy_constructible_v<G> && !std::is_move_constructible_v<G> &&
                              !std::is_copy_assignable_v<G> && !std::is_move_assignable_v<G>;
static_assert(stays<Waited<ThreadContext<Base>, Mutex<one>>>);
static_assert(stays<Tried<ThreadContext<Base>, Mutex<one>>>);
struct Handoff {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    ThreadContext<OneWay> root;
    if (index == 0) {
      LockAccess::lock(sent);  // no guard can give it to another thread
      mail.store(1U);
      mail.notify_all();
    } else if (index == 1) {
      Guard first{root, needed};
      mail.wait(0U);
      LockAccess::unlock(sent);
    } else {
      Guard first{root, needed};
      Guard second{first, sent};
    }
  }
  Mutex<one> needed;
  Ordered<other, ConfigAccess<S>> sent;  // has no owner: any thread may give it back
  S::atomic<unsigned> mail{0U};
};
TEST_CASE("A lock that is handed over") {
  expect_deadlock<Handoff>("handoff");
}

// "One of the racers succeeds" needs a try that fails only if the lock is held. std::mutex does not promise that.
template <class Sync_>
struct Racers {
  using Lock = Ordered<one, typename Sync_::mutex>;
  struct Scope {
    using lock_type = Lock;
    [[nodiscard]] std::span<Lock* const> locks() const { return list; }
    Lock* list[2];
  };
  static constexpr unsigned threads = 2;
  void thread(unsigned) {
    ThreadContext<Base> root;
    const Scope scope{{&locks[0], &locks[1]}};
    HierarchicalTryLock racer{root, scope};
    won += racer ? 1U : 0U;
    gate.arrive(racer.owns_lock());
    racer.release();
    gate.leave();
  }
  void after() { check::require(won != 0, "one of the racers succeeds"); }
  Lock locks[2];
  check::Gate<2> gate;
  unsigned won = 0;
};
TEST_CASE("One of the racers succeeds, unless a try fails for no reason") {
  expect_free<Racers<RelacySync>>("tries that fail only if the lock is held");
  expect<Racers<SpuriousRelacySync>>(Outcome::assertion, "tries that may fail for no reason");
}

}  // namespace
