// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// All of a scope or nothing, and exactly that is given back.
#include "devlock/lock/hierarchical_try_lock.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "support/catch.hpp"
#include "support/classes.hpp"
#include "support/lock_scope.hpp"

namespace {

using namespace devlock;
using namespace test;
using Scope = RecordedScope<first>;

struct Fixture {
  Journal journal;
  Scope scope{journal, 4};
  ThreadContext<Order> root;
};

TEST_CASE_METHOD(Fixture, "A free scope is taken first to last and given back last to first") {
  root.assume();
  {
    HierarchicalTryLock locked{root, scope};
    REQUIRE(locked);
    REQUIRE(locked.owns_lock());
    REQUIRE(scope.taken() == 4);
    REQUIRE(journal.take() == "?a ?b ?c ?d ");
  }
  REQUIRE(journal.take() == "-d -c -b -a ");
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "Contention at each place gives back what was taken, in reverse, and not the one refused") {
  root.assume();
  const char* const transcript[] = {"!a ", "?a !b -a ", "?a ?b !c -b -a ", "?a ?b ?c !d -c -b -a "};
  for (std::size_t held = 0; held != 4; ++held) {
    scope[held].native().lock();
    journal.take();
    {
      HierarchicalTryLock locked{root, scope};
      REQUIRE_FALSE(locked);
      REQUIRE_FALSE(locked.owns_lock());
      REQUIRE(locked.contended_at() == held);
      REQUIRE(journal.take() == transcript[held]);
      locked.release();
    }
    REQUIRE(journal.take().empty());  // a failed one gives nothing back a second time
    REQUIRE(scope.taken() == 1);
    scope[held].native().unlock();
  }
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "After contention ended the same scope is taken") {
  root.assume();
  scope[2].native().lock();
  { REQUIRE_FALSE(HierarchicalTryLock{root, scope}.owns_lock()); }
  scope[2].native().unlock();
  HierarchicalTryLock locked{root, scope};
  REQUIRE(locked);
}

// Clang knows that a guard is released already.
template <class G>
void release_again(G& guard) DEVLOCK_UNANALYSED {
  guard.release();
}

TEST_CASE_METHOD(Fixture, "Release gives everything back once") {
  root.assume();
  {
    HierarchicalTryLock locked{root, scope};
    journal.take();
    locked.release();
    REQUIRE(journal.take() == "-d -c -b -a ");
    REQUIRE_FALSE(locked);
    release_again(locked);
  }
  REQUIRE(journal.take().empty());
  REQUIRE(journal.misuses == 0);
}

TEST_CASE_METHOD(Fixture, "An empty scope is held at once") {
  root.assume();
  Scope nothing(journal, 0);
  HierarchicalTryLock locked{root, nothing};
  REQUIRE(locked);
  REQUIRE(journal.take().empty());
}

TEST_CASE_METHOD(Fixture, "It compiles under a later class, and what it took joins the set") {
  root.assume();
  RecordingLock<third> later(journal, "later");
  Guard outer{root, later};
  HierarchicalTryLock locked{outer, scope};
  REQUIRE(locked);
  REQUIRE(std::is_same_v<decltype(locked)::held, Held<Order, third, first>>);
}

TEST_CASE("It is neither copied nor moved") {
  using Locked = HierarchicalTryLock<Held<Order>, RecordingLock<first>>;
  REQUIRE_FALSE(std::is_copy_constructible_v<Locked>);
  REQUIRE_FALSE(std::is_move_constructible_v<Locked>);
}

// The rollback of a walk that also gives back the lock that it was refused, as pci_slot_trylock once did.
struct OneTooMany {
  template <class Lock>
  static void undo(std::span<Lock* const> locks, std::size_t taken) {
    ReverseRollback::undo(locks, taken + 1);
  }
};

TEST_CASE_METHOD(Fixture, "The journal sees a rollback that gives back one lock too many") {
  root.assume();
  scope[1].native().lock();
  journal.take();
  HierarchicalTryLock<Held<Order>, RecordingLock<first>, OneTooMany> locked{root, scope};
  REQUIRE(journal.take() == "?a !b -b -a ");
  REQUIRE(scope.taken() == 0);  // the holder of b has lost it
}

// A scope over std::mutex, for threads.
struct MutexScope {
  using lock_type = Ordered<first, std::mutex>;
  explicit MutexScope(std::vector<std::unique_ptr<lock_type>>& all, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i) {
      list.push_back(all[i].get());
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return list; }
  std::vector<lock_type*> list;
};

TEST_CASE("Overlapping scopes of several threads are held by one at a time") {
  constexpr std::size_t size = 6;
  std::vector<std::unique_ptr<MutexScope::lock_type>> all;
  for (std::size_t i = 0; i != size; ++i) {
    all.push_back(std::make_unique<MutexScope::lock_type>());
  }
  std::vector<long> data(size, 0);
  std::atomic<long> expected{0};
  const auto work = [&](std::size_t from, std::size_t to) {
    const MutexScope scope(all, from, to);
    ThreadContext<Order> root;
    for (int successes = 0; successes != 500;) {
      HierarchicalTryLock locked{root, scope};
      if (locked) {
        ++successes;
        for (std::size_t i = from; i != to; ++i) {
          ++data[i];
          expected.fetch_add(1, std::memory_order_relaxed);
        }
      }
    }
  };
  std::thread one([&] { work(0, 6); });
  std::thread two([&] { work(2, 5); });
  work(1, 4);
  one.join();
  two.join();
  long sum = 0;
  for (const long value : data) {
    sum += value;
  }
  REQUIRE(sum == expected.load());
  REQUIRE(sum == 500 * (6 + 3 + 3));
}

TEST_CASE("Of threads that race for one scope, none of them releasing, one succeeds") {
  for (int round = 0; round != 100; ++round) {
    std::vector<std::unique_ptr<MutexScope::lock_type>> all;
    for (std::size_t i = 0; i != 5; ++i) {
      all.push_back(std::make_unique<MutexScope::lock_type>());
    }
    const MutexScope scope(all, 0, 5);
    std::atomic<int> arrived{0};
    std::atomic<int> tried{0};
    std::atomic<int> winners{0};
    const auto race = [&] {
      ThreadContext<Order> root;
      arrived.fetch_add(1);
      while (arrived.load() != 3) {
      }
      HierarchicalTryLock locked{root, scope};
      winners += locked ? 1 : 0;
      tried.fetch_add(1);
      tried.notify_all();
      for (int seen = tried.load(); seen != 3; seen = tried.load()) {
        tried.wait(seen);  // nobody gives back before all have tried
      }
    };
    std::thread one(race);
    std::thread two(race);
    race();
    one.join();
    two.join();
    REQUIRE(winners == 1);
  }
}

}  // namespace
