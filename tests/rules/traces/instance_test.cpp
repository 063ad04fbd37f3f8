// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Instance orders that looked right. A device may be waited for while others are held if its key is greater than ALL of theirs.
#include "devlock/order/instance.hpp"

#include <deque>
#include <vector>

#include "devlock/order/retry.hpp"
#include "rules/traces/forced.hpp"

namespace {

using namespace traces;

struct device {
  static constexpr char name[] = "device";
  using instance_key = unsigned;
};
struct inner {
  static constexpr char name[] = "inner";
};
struct Order : Hierarchy<Before<device, inner>> {};
using Root = ThreadContext<Order>;

struct Device : Mutex<device> {
  explicit Device(unsigned k) : key(k) {}
  [[nodiscard]] unsigned instance_key() const { return key; }
  unsigned key;
};

// The answer of the check that a Guard makes, for held keys from the outermost to the innermost.
bool follows(unsigned asked, std::initializer_list<unsigned> held) {
  detail::InstanceRecord records[4]{};
  const detail::InstanceRecord* newest = nullptr;
  std::size_t count = 0;
  for (const unsigned& key : held) {
    records[count] = {newest, detail::class_key<device>, &key};
    newest = &records[count++];
  }
  Device lock{asked};
  return detail::InstanceEntry<Device>::follows(newest, lock);
}
// The same of a walk.
bool walk_follows(std::initializer_list<unsigned> asked, unsigned held) {
  const detail::InstanceRecord record{nullptr, detail::class_key<device>, &held};
  std::deque<Device> locks;
  std::vector<Device*> walk;
  for (const unsigned key : asked) {
    walk.push_back(&locks.emplace_back(key));
  }
  return detail::InstanceWalk<Device>::follows(&record, walk);
}

struct Answers {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    if (index == 0) {
      check::require(follows(1, {}) && follows(6, {3, 5}), "greater than all");
      check::require(!follows(4, {5, 3}), "greater than the innermost only");
      check::require(!follows(5, {5}), "the same depth");
      check::require(!follows(3, {5}), "less");
      check::require(walk_follows({3, 4, 5}, 2), "a walk upwards");
      check::require(!walk_follows({3, 4, 5}, 3), "a walk that begins at a held key");
      check::require(!walk_follows({3, 5, 4}, 2) && !walk_follows({3, 3}, 2), "a walk that does not rise");
    }
  }
};
TEST_CASE("An instance key is compared with those of all held instances") {
  expect_free<Answers>("answers about keys");
}

struct Devices {
  Device three{3}, four{4}, five{5}, five_too{5};
};

// Upwards: what the rule is for. Tries go in any order, and join.
struct Rightly : Devices {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard one{root, three};
      Guard two{one, four};
      Guard three_of_them{two, five};
    } else {
      Guard one{root, four};
      TryGuard two{one, three};
      Guard three_of_them{two, five};
    }
  }
};
TEST_CASE("Devices upwards by their keys, and tries downwards") {
  expect_free<Rightly>("by instance keys");
}

struct InnermostOnly : Devices {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard one{root, five};
      TryGuard two{one, three};
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard last{forced, four};  // greater than three
    } else {
      Guard one{root, four};
      Guard two{one, five};
    }
  }
};
TEST_CASE("An instance key that is compared with the innermost only") {
  expect_deadlock<InnermostOnly>("innermost key");
}

struct EqualDepth : Devices {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    Guard one{root, index == 0 ? five : five_too};
    UncheckedContext<Order> forced(wrong_on_purpose);
    Guard other{forced, index == 0 ? five_too : five};
  }
};
TEST_CASE("Instance keys that are equal") {
  expect_deadlock<EqualDepth>("equal keys");
}

// The permission does not pass into a function, which knows nothing of the keys.
static_assert(!Passes<Waited<Root, Device>, Order, device>);
static_assert(Passes<Waited<Root, Device>, Order, inner>);
static_assert(!Waits<ContextFor<Order, inner>, Device>);
struct ThroughErasure : Devices {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard one{root, five};
      UncheckedContext<Order> forced(wrong_on_purpose);
      take(forced, three);
    } else {
      Guard one{root, three};
      Guard two{one, five};
    }
  }
  static void take(ContextFor<Order, device> context, Device& any) DEVLOCK_REQUIRES(context) {
    Guard taken{context, any};
  }
};
TEST_CASE("An instance permission that passes into a function") {
  expect_deadlock<ThroughErasure>("keys through erasure");
}

// A retry is a wait, and compares keys as a wait does; the try that it repeats would not.
struct RetriedDownwards : Devices {
  static constexpr unsigned threads = 2;
  struct Forever {
    bool operator()(unsigned) const {
      S::pause();
      return true;
    }
  };
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      Guard one{root, five};
      UncheckedContext<Order> forced(wrong_on_purpose);
      retry(forced, three, Forever{}, [](auto&) {});
    } else {
      Guard one{root, three};
      Guard two{one, five};
    }
  }
};
TEST_CASE("A retry downwards") {
  expect<RetriedDownwards>(Outcome::livelock, "a retry downwards");
}

// A walk holds all of its instances, and what follows is compared with the greatest.
struct Scope {
  using lock_type = Device;
  [[nodiscard]] std::span<Device* const> locks() const { return list; }
  Device* list[2];
};
struct AfterAWalk : Devices {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    Root root;
    if (index == 0) {
      const Scope scope{{&three, &five}};
      HierarchicalLock walk{root, scope};
      check::require(!detail::InstanceEntry<Device>::follows(walk.newest_instance(), four), "five is held");
      UncheckedContext<Order> forced(wrong_on_purpose);
      Guard between{forced, four};
    } else {
      Guard one{root, four};
      Guard two{one, five};
    }
  }
};
TEST_CASE("A device between those of a walk") {
  expect_deadlock<AfterAWalk>("after a walk");
}
struct AfterATryingWalk : Devices {
  static constexpr unsigned threads = 2;
  void thread(unsigned) {
    Root root;
    const Scope scope{{&five, &three}};
    HierarchicalTryLock walk{root, scope};
    if (walk) {
      check::require(!detail::InstanceEntry<Device>::follows(walk.newest_instance(), four), "five is held");
    } else {
      check::require(walk.newest_instance() == nullptr, "nothing is held");
    }
  }
};
TEST_CASE("A walk that tries joins with its greatest key, and with nothing if it fails") {
  expect_free<AfterATryingWalk>("after a trying walk");
}

}  // namespace
