// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Wrong variants of the walk over a switch, most of them a step of the history of drivers/pci/pci.c. Each must be
// found, in the stated way and within the stated number of executions.
#include "devlock/lock/config_access.hpp"
#include "devlock/lock/hierarchical_lock.hpp"
#include "devlock/order/guard.hpp"
#include "model/support/expect.hpp"
#include "model/support/race.hpp"

namespace {

using namespace model;
using devlock::LockAccess;
using devlock::vfio::ThreadContext;

using Plain = PlainDeviceLock<WatchedSync>;

struct BusAndBothEnds {
  static constexpr Request of_threads[] = {
      {ScopeKind::bus, down0}, {ScopeKind::function, end0}, {ScopeKind::function, end1}};
};
struct BusAndEnd {
  static constexpr Request of_threads[] = {{ScopeKind::bus, down0}, {ScopeKind::function, end0}};
};
struct Siblings {
  static constexpr Request of_threads[] = {{ScopeKind::function, down0}, {ScopeKind::function, down1}};
};

// Rollbacks.

struct NoRollback {
  template <class Lock>
  static void undo(std::span<Lock* const>, std::size_t) {}
};
TEST_CASE("A walk without rollback keeps locks and is found") {
  expect_found<Race<Plain, BusAndBothEnds, Winners::release, NoRollback>>("no rollback", Outcome::assertion, 100000,
                                                                          "a lock was kept");
}

// V5: the slot trylock unlocked the bridge after the trylock of the bus had failed.
struct UnlocksTheFailedToo {
  template <class Lock>
  static void undo(std::span<Lock* const> locks, std::size_t taken) {
    LockAccess::unlock(*locks[taken]);
    devlock::ReverseRollback::undo(locks, taken);
  }
};
TEST_CASE("A rollback that also unlocks the device whose trylock failed is found (V5)") {
  expect_found<Race<Plain, BusAndBothEnds, Winners::release, UnlocksTheFailedToo>>("V5, locks with an owner",
                                                                                   Outcome::not_the_owner, 5000);
}

// The same with a lock that has no owner, as the config-access block: the lock of somebody else is released, and a
// third gets in.
template <class Rollback>
struct Ownerless {
  static constexpr unsigned threads = 3;
  using Lock = devlock::Ordered<devlock::vfio::device_lock, devlock::ConfigAccess<devlock::RelacySync>>;
  struct Scope {
    using lock_type = Lock;
    [[nodiscard]] std::span<Lock* const> locks() const { return all; }
    Lock* all[1];
  };

  void thread(unsigned index) {
    ThreadContext root;
    devlock::HierarchicalTryLock<ThreadContext::held, Lock, Rollback> locked{root, scope};
    if (locked) {
      devlock::check::mark("took all");
      data.set(static_cast<int>(index));
    } else {
      devlock::check::mark("contended");
    }
  }

  Lock lock;
  Scope scope{{&lock}};
  devlock::RelacySync::var<int> data;
};
TEST_CASE("A rollback that unlocks somebody else's lock lets a third thread in and is found as a race (V5)") {
  expect_found<Ownerless<UnlocksTheFailedToo>>("V5, locks without an owner", Outcome::data_race, 1000);
  expect_verified<Ownerless<devlock::ReverseRollback>>("V5 corrected, locks without an owner",
                                                       {"took all", "contended"});
}

struct OldestFirst {
  template <class Lock>
  static void undo(std::span<Lock* const> locks, std::size_t taken) {
    for (std::size_t place = 0; place != taken; ++place) {
      LockAccess::unlock(*locks[place]);
    }
  }
};
TEST_CASE("A rollback that begins with the oldest lock is found") {
  expect_found<Race<Plain, BusAndBothEnds, Winners::release, OldestFirst>>("rollback, oldest first", Outcome::assertion,
                                                                           100000, "given back in reverse");
}

struct Twice {
  template <class Lock>
  static void undo(std::span<Lock* const> locks, std::size_t taken) {
    devlock::ReverseRollback::undo(locks, taken);
    devlock::ReverseRollback::undo(locks, taken);
  }
};
TEST_CASE("A rollback that unlocks twice is found") {
  expect_found<Race<Plain, BusAndBothEnds, Winners::release, Twice>>("rollback, twice", Outcome::not_the_owner, 100000);
}

// Walks.

// V3, V6, V7: the bridge above is reset through, but not locked.
struct ForgetsTheBridge {
  template <class Lock>
  static ResetScope<Lock> walk(const ResetScope<Lock>& scope, std::size_t) {
    ResetScope<Lock> without(scope.kind(), scope.target());
    for (std::size_t place = scope.has_bridge() ? 1 : 0; place != scope.locks().size(); ++place) {
      without.add(scope.address_of(place), *scope.locks()[place]);
    }
    return without;
  }
};
TEST_CASE("A walk that forgets the bridge is found as a race on the bridge (V3)") {
  expect_found<Race<Plain, Siblings, Winners::release, devlock::ReverseRollback, ForgetsTheBridge>>(
      "V3, no bridge", Outcome::data_race, 10);
  expect_verified<Race<Plain, Siblings, Winners::release>>("V3 corrected", {"took all", "contended at once"});
}

// V4: the draft locked a child bridge and then, as part of what is below, once more.
struct LocksAChildTwice {
  template <class Lock>
  static ResetScope<Lock> walk(const ResetScope<Lock>& scope, std::size_t) {
    ResetScope<Lock> twice(scope.kind(), scope.target());
    for (std::size_t place = 0; place != scope.locks().size(); ++place) {
      twice.add(scope.address_of(place), *scope.locks()[place]);
      if (scope.address_of(place) == down0) {
        twice.add(scope.address_of(place), *scope.locks()[place]);
      }
    }
    return twice;
  }
};
TEST_CASE("A walk that locks a child bridge twice is found (V4)") {
  expect_found<Race<Plain, BusAndEnd, Winners::release, devlock::ReverseRollback, LocksAChildTwice>>(
      "V4, a child twice", Outcome::locked_twice, 10);
}

// The second thread walks from the leaves to the root.
struct OneWalksBottomUp {
  template <class Lock>
  static ResetScope<Lock> walk(const ResetScope<Lock>& scope, std::size_t index) {
    if (index == 0) {
      return scope;
    }
    ResetScope<Lock> reversed(scope.kind(), scope.target());
    for (std::size_t place = scope.locks().size(); place != 0; --place) {
      reversed.add(scope.address_of(place - 1), *scope.locks()[place - 1]);
    }
    return reversed;
  }
};
TEST_CASE("Racers that do not share one order may all fail, which is found") {
  expect_found<Race<Plain, BusAndEnd, Winners::keep_until_all_tried, devlock::ReverseRollback, OneWalksBottomUp>>(
      "two orders", Outcome::assertion, 1000, "one racer succeeds");
}

TEST_CASE("A trylock that fails although the lock is free breaks the promise that one racer succeeds, which is found") {
  using Spurious = PlainDeviceLock<Watched<devlock::SpuriousRelacySync>>;
  expect_found<Race<Spurious, BusAndEnd, Winners::keep_until_all_tried>>("spurious trylock", Outcome::assertion, 1000,
                                                                         "one racer succeeds");
}

// Waiting.

template <class Walk>
struct WaitingWalk {
  static constexpr unsigned threads = 2;
  WaitingWalk() { forget_held_locks(); }
  void thread(unsigned index) {
    ThreadContext root;
    devlock::HierarchicalLock locked{root, switch_->locked[index]};
    if (devlock::check::times_blocked() != 0) {
      devlock::check::mark("waited");
    }
    for (Plain* lock : switch_->touched[index].locks()) {
      mutex_of(*lock).data().set(static_cast<int>(index));
    }
  }
  devlock::check::Untracked<SwitchWithScopes<Plain, BusAndEnd, Walk>> switch_;
};
TEST_CASE("A waiting walk in another order than the others is found as a deadlock") {
  expect_found<WaitingWalk<OneWalksBottomUp>>("waiting, two orders", Outcome::deadlock, 1000);
  expect_verified<WaitingWalk<TopDown>>("waiting, one order", {"waited"});
}

// V0: a user path that waits. What tells a wait from a try must itself be seen to work.
struct WaitsInsteadOfTrying {
  static constexpr unsigned threads = 2;
  WaitsInsteadOfTrying() { forget_held_locks(); }
  void thread(unsigned index) {
    ThreadContext root;
    devlock::HierarchicalLock locked{root, switch_->locked[index]};
    require(devlock::check::times_blocked() == 0, "it never waits");
  }
  devlock::check::Untracked<SwitchWithScopes<Plain, BusAndEnd>> switch_;
};
TEST_CASE("A walk that waits where it should try is found (V0)") {
  expect_found<WaitsInsteadOfTrying>("V0, waits", Outcome::assertion, 100, "it never waits");
}

// One device at a time, child before bridge. The order forbids two waits of one class, so this compiles only unchecked.
struct ChildBeforeBridge {
  static constexpr unsigned threads = 2;
  void thread(unsigned index) {
    devlock::UncheckedContext<devlock::vfio::VfioOrder> first("shows the deadlock of two walks");
    devlock::UncheckedContext<devlock::vfio::VfioOrder> second("two instances of one class");
    devlock::Guard outer{first, index == 0 ? bridge : child};
    devlock::Guard inner{second, index == 0 ? child : bridge};
  }
  PlainDeviceLock<devlock::RelacySync> bridge;
  PlainDeviceLock<devlock::RelacySync> child;
};
TEST_CASE("A child's lock before its bridge's is found as a deadlock") {
  expect_found<ChildBeforeBridge>("child before bridge", Outcome::deadlock, 100);
}

}  // namespace
