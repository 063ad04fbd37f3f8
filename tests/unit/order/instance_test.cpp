// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Instance keys: the second lock of a class needs a greater key than all that are held, tried ones too.
// One thread plays two here, which the validator would take for what it is.
#define DEVLOCK_VALIDATE 0
#include "devlock/order/instance.hpp"

#include <mutex>

#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;

struct device {
  static constexpr char name[] = "device";
  using instance_key = int;
};
struct queue {
  static constexpr char name[] = "queue";
};
struct KeyOrder : Hierarchy<Before<device, queue>> {};

class Device {
 public:
  using lock_class = device;
  explicit Device(int key) : key_(key) {}
  [[nodiscard]] int instance_key() const { return key_; }

 private:
  friend class devlock::LockAccess;
  void lock() { mutex_.lock(); }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }
  int key_;
  std::mutex mutex_;
};
class Queue {
 public:
  using lock_class = queue;

 private:
  friend class devlock::LockAccess;
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
};

// What the guard of `next` would be asked, without the trap.
template <class Context>
bool follows(const Context& context, Device& next) {
  return detail::InstanceEntry<Device>::follows(context.newest_instance(), next);
}

TEST_CASE("Two locks of a keyed class compile, in the order of their keys") {
  Device one{1};
  Device two{2};
  Device three{3};
  ThreadContext<KeyOrder> root;
  REQUIRE(follows(root, one));
  Guard a{root, one};
  REQUIRE_FALSE(follows(a, one));
  REQUIRE(follows(a, two));
  Guard b{a, three};
  REQUIRE_FALSE(follows(b, two));
  REQUIRE_FALSE(follows(b, one));
}

TEST_CASE("A tried lock counts, and one that was not taken does not") {
  Device one{1};
  Device two{2};
  Device three{3};
  ThreadContext<KeyOrder> root;
  Guard a{root, one};
  {
    TryGuard c{a, three};
    REQUIRE(c);
    REQUIRE_FALSE(follows(c, two));
  }
  {
    UncheckedContext<KeyOrder> elsewhere{"stands for another thread that holds the third"};
    Guard held{elsewhere, three};
    TryGuard c{a, three};
    REQUIRE_FALSE(c);
    REQUIRE(follows(c, two));
  }
}

TEST_CASE("The smallest of several held keys is not the one that counts") {
  Device low{1};
  Device middle{5};
  Device high{9};
  ThreadContext<KeyOrder> root;
  TryGuard h{root, high};
  TryGuard l{h, low};
  REQUIRE_FALSE(follows(l, middle));
}

TEST_CASE("Keys are seen through guards of other classes") {
  Device two{2};
  Device one{1};
  Queue leaf;
  ThreadContext<KeyOrder> root;
  Guard a{root, two};
  TryGuard q{a, leaf};
  REQUIRE_FALSE(follows(q, one));
}

TEST_CASE("Other classes still precede: a keyed class after one that follows it does not compile") {
  REQUIRE(AcquirableWhileHolding<device, Held<KeyOrder, device>>);
  REQUIRE_FALSE(AcquirableWhileHolding<device, Held<KeyOrder, queue>>);
  REQUIRE_FALSE(AcquirableWhileHolding<device, Held<KeyOrder, device, queue>>);
  REQUIRE_FALSE(AcquirableWhileHolding<device, Held<KeyOrder, Shared<device>>>);
}

TEST_CASE("The permission does not cross a call") {
  REQUIRE_FALSE(std::convertible_to<HeldContext<Held<KeyOrder, device>>, ContextFor<KeyOrder, device>>);
}

TEST_CASE("A context without keyed classes has nothing to carry") {
  REQUIRE(std::is_empty_v<detail::InstanceLink<false>>);
  REQUIRE(sizeof(Guard<Held<KeyOrder>, Queue>) == sizeof(Guard<Held<KeyOrder, queue>, Queue>));
}

}  // namespace
