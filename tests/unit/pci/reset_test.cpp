// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The reset algorithm on a target and locks that share one journal: what was done, in which order, and that a failure at any step
// leaves state and locks as they were.
#include "devlock/pci/reset.hpp"

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"
#include "support/recording_lock.hpp"

namespace {

using namespace devlock;
using pci::Address;
using pci::ScopeKind;

// What the locks of a test write to; a lock is made by the tree, without arguments.
test::Journal* current_journal = nullptr;

class TestLock : public test::RecordingLock<vfio::device_lock> {
 public:
  TestLock() : RecordingLock(*current_journal, std::string(1, next_name++)) {}
  [[nodiscard]] DeviceLife life() const { return life_; }
  void set_life(DeviceLife life) { life_ = life; }
  static inline char next_name = 'a';

 private:
  DeviceLife life_ = DeviceLife::live;
};

struct Target {
  std::string fail_at;  ///< the journal entry of the step that fails, e.g. "save1"
  test::Journal* journal = nullptr;
  std::set<Address> saved;
  bool save_twice = false;
  bool restore_unsaved = false;

  Result<void> step(const std::string& what) {
    journal->text += what + ' ';
    if (what == fail_at) {
      return failure(make_error(Operation::reset_device, what, EIO, "the test says so"));
    }
    return {};
  }
  static std::string number(Address address) { return std::to_string(address.function); }

  Result<void> check(const pci::ResetScope<TestLock>&) { return step("check"); }
  Result<void> save(Address address) {
    auto done = step("save" + number(address));
    if (done) {
      save_twice = !saved.insert(address).second || save_twice;
    }
    return done;
  }
  Result<void> reset(const pci::ResetScope<TestLock>&) { return step("reset"); }
  Result<void> restore(Address address) {
    restore_unsaved = saved.erase(address) == 0 || restore_unsaved;
    return step("restore" + number(address));
  }
};

// A bridge with lock a, and below it the functions 0, 1 and 2 of one slot with the locks b, c and d.
struct Fixture {
  Fixture() {
    current_journal = &journal;
    TestLock::next_name = 'a';
    target.journal = &journal;
    bridge = &tree.add({0, 0, 1, 0})->lock;
    for (std::uint8_t function = 0; function != 3; ++function) {
      locks.push_back(&tree.add({0, 1, 0, function}, Address{0, 0, 1, 0})->lock);
    }
  }
  [[nodiscard]] pci::ResetScope<TestLock> bus() const { return *tree.scope(ScopeKind::bus, {0, 1, 0, 0}); }
  [[nodiscard]] bool all_free() const {
    bool taken = bridge->taken();
    for (const auto* lock : locks) {
      taken = taken || lock->taken();
    }
    return !taken && journal.misuses == 0;
  }
  [[nodiscard]] bool state_intact() const {
    return target.saved.empty() && !target.save_twice && !target.restore_unsaved;
  }

  test::Journal journal;
  pci::Topology<TestLock> tree;
  TestLock* bridge = nullptr;
  std::vector<TestLock*> locks;
  Target target;
  vfio::ThreadContext root;
};

TEST_CASE_METHOD(Fixture, "A try resets: check, lock all, save, reset, restore from the top, unlock in reverse") {
  root.assume();
  REQUIRE(pci::try_reset(root, target, bus()).has_value());
  REQUIRE(journal.take() == "check ?a ?b ?c ?d save0 save1 save2 reset restore0 restore1 restore2 -d -c -b -a ");
  REQUIRE(all_free());
  REQUIRE(state_intact());
}

TEST_CASE_METHOD(Fixture, "The waiting form does the same and waits for each lock") {
  root.assume();
  REQUIRE(pci::reset(root, target, bus()).has_value());
  REQUIRE(journal.take() == "check +a +b +c +d save0 save1 save2 reset restore0 restore1 restore2 -d -c -b -a ");
  REQUIRE(state_intact());
}

// Real functions: a reset takes the bus numbers of the bridges, and what is below one is reached only once it has them again.
struct Nested {
  pci::Topology<TestLock>* tree;
  std::set<Address> lost;

  Result<void> check(const pci::ResetScope<TestLock>&) { return {}; }
  Result<void> save(Address) { return {}; }
  Result<void> reset(const pci::ResetScope<TestLock>& scope) {
    lost.insert(scope.affected().begin(), scope.affected().end());
    return {};
  }
  Result<void> restore(Address address) {
    for (const auto* above = tree->find(address)->bridge; above != nullptr; above = above->bridge) {
      if (lost.count(above->address) != 0) {
        return failure(make_error(Operation::reset_bus, to_string(address), EIO, "a bridge above it is not restored"));
      }
    }
    lost.erase(address);
    return {};
  }
};
TEST_CASE_METHOD(Fixture, "What is below a bridge is restored after the bridge") {
  const Address port{0, 0, 2, 0};
  const Address upstream{0, 2, 0, 0};
  const Address downstream{0, 3, 0, 0};
  const Address endpoint{0, 4, 0, 0};
  tree.add(port);
  tree.add(upstream, port);
  tree.add(downstream, upstream);
  tree.add(endpoint, downstream);
  Nested nested{&tree, {}};
  REQUIRE(pci::try_reset(root, nested, *tree.scope(ScopeKind::subordinate, port)));
  CHECK(nested.lost.empty());
  // The other way round does not reach them.
  REQUIRE(nested.reset(*tree.scope(ScopeKind::subordinate, port)));
  CHECK_FALSE(nested.restore(endpoint));
  CHECK_FALSE(nested.restore(downstream));
  CHECK(nested.restore(upstream));
}

TEST_CASE_METHOD(Fixture, "The bridge is locked but neither saved nor restored") {
  root.assume();
  REQUIRE(pci::try_reset(root, target, *tree.scope(ScopeKind::function, {0, 1, 0, 1})).has_value());
  REQUIRE(journal.take() == "check ?a ?c save1 reset restore1 -c -a ");
}

TEST_CASE_METHOD(Fixture, "Without a bridge the function alone is locked") {
  root.assume();
  REQUIRE(pci::try_reset(root, target, *tree.scope(ScopeKind::function, {0, 0, 1, 0})).has_value());
  REQUIRE(journal.take() == "check ?a save0 reset restore0 -a ");
}

TEST_CASE_METHOD(Fixture, "Contention touches nothing and names the function whose lock was taken") {
  root.assume();
  struct Row {
    std::size_t held;  // 0 is the bridge
    const char* transcript;
    const char* object;
  };
  const Row rows[] = {{0, "check !a ", "0000:00:01.0"},
                      {1, "check ?a !b -a ", "0000:01:00.0"},
                      {2, "check ?a ?b !c -b -a ", "0000:01:00.1"},
                      {3, "check ?a ?b ?c !d -c -b -a ", "0000:01:00.2"}};
  for (const Row& row : rows) {
    auto& lock = row.held == 0 ? *bridge : *locks[row.held - 1];
    lock.native().lock();
    journal.take();
    const auto done = pci::try_reset(root, target, bus());
    REQUIRE(journal.take() == row.transcript);
    lock.native().unlock();
    REQUIRE_FALSE(done.has_value());
    REQUIRE(done.error().error_class == ErrorClass::contended);
    REQUIRE(done.error().error_number == EAGAIN);
    REQUIRE(done.error().operation == Operation::reset_bus);
    REQUIRE(done.error().object == row.object);
    REQUIRE_FALSE(done.error().reason.empty());
    REQUIRE_FALSE(done.error().remedy.empty());
    REQUIRE(all_free());
  }
}

TEST_CASE_METHOD(Fixture, "A scope that cannot be reset is refused before any lock") {
  root.assume();
  target.fail_at = "check";
  REQUIRE(pci::try_reset(root, target, bus()).error().object == "check");
  REQUIRE(journal.take() == "check ");
  REQUIRE(pci::reset(root, target, bus()).error().object == "check");
  REQUIRE(journal.take() == "check ");
}

TEST_CASE_METHOD(Fixture, "A failure at each later step restores what was saved and gives back every lock") {
  root.assume();
  struct Row {
    const char* fails;
    const char* steps;
  };
  const Row rows[] = {
      {"save0", "save0 "},
      {"save1", "save0 save1 restore0 "},
      {"save2", "save0 save1 save2 restore0 restore1 "},
      {"reset", "save0 save1 save2 reset restore0 restore1 restore2 "},
      {"restore2", "save0 save1 save2 reset restore0 restore1 restore2 "},
      {"restore1", "save0 save1 save2 reset restore0 restore1 restore2 "},
      {"restore0", "save0 save1 save2 reset restore0 restore1 restore2 "},
  };
  for (const Row& row : rows) {
    INFO(row.fails);
    target.fail_at = row.fails;
    const auto tried = pci::try_reset(root, target, bus());
    REQUIRE(journal.take() == "check ?a ?b ?c ?d " + std::string(row.steps) + "-d -c -b -a ");
    const auto waited = pci::reset(root, target, bus());
    REQUIRE(journal.take() == "check +a +b +c +d " + std::string(row.steps) + "-d -c -b -a ");
    REQUIRE_FALSE(tried.has_value());
    REQUIRE(tried.error().object == row.fails);
    REQUIRE_FALSE(waited.has_value());
    REQUIRE(waited.error().object == row.fails);
    REQUIRE(all_free());
    REQUIRE(state_intact());
  }
}

TEST_CASE_METHOD(Fixture, "If reset and restore fail the reset's error is the answer") {
  root.assume();
  struct Both : Target {
    Result<void> restore(Address address) {
      (void)Target::restore(address);
      return failure(make_error(Operation::reset_device, "restore", EIO, "as well"));
    }
  } both;
  both.journal = &journal;
  both.fail_at = "reset";
  REQUIRE(pci::try_reset(root, both, bus()).error().object == "reset");
  both.fail_at.clear();
  REQUIRE(pci::try_reset(root, both, bus()).error().object == "restore");
}

TEST_CASE_METHOD(Fixture, "A device that is revoking or gone is refused, with the locks held, and named") {
  root.assume();
  for (const auto life : {DeviceLife::revoking, DeviceLife::gone}) {
    locks[1]->set_life(life);
    const auto tried = pci::try_reset(root, target, bus());
    REQUIRE(journal.take() == "check ?a ?b ?c ?d -d -c -b -a ");
    const auto waited = pci::reset(root, target, bus());
    REQUIRE(journal.take() == "check +a +b +c +d -d -c -b -a ");
    for (const auto* done : {&tried, &waited}) {
      REQUIRE_FALSE(done->has_value());
      REQUIRE(done->error().error_class == ErrorClass::gone);
      REQUIRE(done->error().error_number == ENODEV);
      REQUIRE(done->error().object == "0000:01:00.1");
      REQUIRE_FALSE(done->error().remedy.empty());
    }
    const std::string reason = tried.error().reason;
    REQUIRE(reason == (life == DeviceLife::gone ? "the device left" : "its unplug was asked for"));
    REQUIRE(all_free());
  }
  locks[1]->set_life(DeviceLife::live);
  REQUIRE(pci::try_reset(root, target, bus()).has_value());
}

TEST_CASE("Each kind of scope is an operation of its own in errors") {
  REQUIRE(pci::reset_operation(ScopeKind::function) == Operation::reset_function);
  REQUIRE(pci::reset_operation(ScopeKind::slot) == Operation::reset_slot);
  REQUIRE(pci::reset_operation(ScopeKind::bus) == Operation::reset_bus);
  REQUIRE(pci::reset_operation(ScopeKind::subordinate) == Operation::reset_bus);
}

// Real locks and threads: a target whose devices break if two resets meet in one.
using RealLock = DeviceLock<StdSync>;
struct BusyTarget {
  explicit BusyTarget(std::size_t devices) : inside(devices, 0), resets(devices, 0) {}
  std::vector<int> inside;  // plain, so that a race is one for the sanitizer too
  std::vector<long> resets;
  std::atomic<int> collisions{0};

  Result<void> check(const pci::ResetScope<RealLock>&) { return {}; }
  Result<void> save(Address address) {
    collisions += inside[address.function]++ == 0 ? 0 : 1;
    return {};
  }
  Result<void> reset(const pci::ResetScope<RealLock>& scope) {
    for (const Address address : scope.affected()) {
      ++resets[address.function];
    }
    return {};
  }
  Result<void> restore(Address address) {
    collisions += --inside[address.function] == 0 ? 0 : 1;
    return {};
  }
};

TEST_CASE("Resets of overlapping scopes on several threads never meet in a device") {
  pci::Topology<RealLock> tree;
  const Address bridge{0, 0, 1, 0};
  tree.add(bridge);
  for (std::uint8_t function = 0; function != 4; ++function) {
    tree.add({0, 1, 0, function}, bridge);
  }
  BusyTarget target(4);
  const auto bus = *tree.scope(ScopeKind::subordinate, bridge);
  const auto one = *tree.scope(ScopeKind::function, {0, 1, 0, 2});
  const auto tries = [&](const pci::ResetScope<RealLock>& scope) {
    vfio::ThreadContext root;
    for (int done = 0; done != 300;) {
      done += pci::try_reset(root, target, scope).has_value() ? 1 : 0;
    }
  };
  std::thread first([&] { tries(bus); });
  std::thread second([&] { tries(one); });
  vfio::ThreadContext root;
  int waited = 0;
  for (int i = 0; i != 300; ++i) {
    waited += pci::reset(root, target, bus).has_value() ? 1 : 0;
  }
  first.join();
  second.join();
  REQUIRE(waited == 300);
  REQUIRE(target.collisions == 0);
  REQUIRE(target.resets == std::vector<long>{600, 600, 900, 600});
}

// A target whose own reset waits for a lock that comes after the scope's, as the kernel's reset of a VFIO device does.
struct WaitingTarget : Target {
  Ordered<vfio::memory_lock, std::mutex> memory;
  std::size_t inside = 0;  ///< how many locks of the scope were taken meanwhile

  Result<void> reset(vfio::ContextFor<vfio::memory_lock> context, const pci::ResetScope<TestLock>& scope)
      DEVLOCK_REQUIRES(context) {
    Guard guard{context, memory};
    for (const TestLock* lock : scope.locks()) {
      inside += lock->taken() ? 1 : 0;
    }
    return step("reset");
  }
};

TEST_CASE_METHOD(Fixture, "A target whose reset waits is given the context of the locked scope") {
  root.assume();
  WaitingTarget waiting;
  waiting.journal = &journal;
  REQUIRE(pci::try_reset(root, waiting, bus()).has_value());
  REQUIRE(waiting.inside == 4);
  REQUIRE(pci::reset(root, waiting, bus()).has_value());
  REQUIRE(waiting.inside == 8);
  waiting.fail_at = "reset";
  REQUIRE(pci::try_reset(root, waiting, bus()).error().object == "reset");
  REQUIRE(waiting.saved.empty());
  REQUIRE(all_free());
}

// A target that knows whether its scope is out of date: a function came or left after the scope was made.
struct CountingTarget : Target {
  const pci::Topology<TestLock>* tree = nullptr;
  Result<void> unchanged(const pci::ResetScope<TestLock>& scope) {
    const auto now = tree->scope(scope.kind(), scope.target());
    if (!now || !now->lists_the_same(scope)) {
      (void)step("changed");
      return failure(make_error(Operation::reset_bus, "it", EAGAIN, "the bus changed", "make a new scope"));
    }
    return step("same");
  }
};
TEST_CASE_METHOD(Fixture,
                 "A hot-add between the scope and its locks is noticed with the locks held, and nothing is touched") {
  root.assume();
  CountingTarget counting;
  counting.journal = &journal;
  counting.tree = &tree;
  const auto before = bus();
  REQUIRE(pci::try_reset(root, counting, before).has_value());
  REQUIRE(journal.take() == "check ?a ?b ?c ?d same save0 save1 save2 reset restore0 restore1 restore2 -d -c -b -a ");
  REQUIRE(tree.add({0, 1, 1, 0}, Address{0, 0, 1, 0}) != nullptr);
  const auto tried = pci::try_reset(root, counting, before);
  REQUIRE(journal.take() == "check ?a ?b ?c ?d changed -d -c -b -a ");
  REQUIRE(tried.error().error_class == ErrorClass::contended);
  REQUIRE_FALSE(pci::reset(root, counting, before).has_value());
  REQUIRE(journal.take() == "check +a +b +c +d changed -d -c -b -a ");
  // Known bad: the same without the look touches a bus that has one function more than the scope.
  REQUIRE(pci::try_reset(root, target, before).has_value());
  REQUIRE(journal.take().find("reset") != std::string::npos);
  REQUIRE(all_free());
}

// What is hot-added or taken away during a reset: unlock gives back what was locked, not what is on the bus by then.
struct HotplugTarget : Target {
  pci::Topology<TestLock>* tree = nullptr;
  Result<void> reset(const pci::ResetScope<TestLock>&) {
    tree->add({0, 1, 3, 0}, Address{0, 0, 1, 0});
    tree->remove({0, 1, 0, 1});
    return step("reset");
  }
};
TEST_CASE_METHOD(Fixture, "A hot-add and a hot-removal during a reset leave no lock taken and none given back twice") {
  root.assume();
  HotplugTarget hotplug;
  hotplug.journal = &journal;
  hotplug.tree = &tree;
  REQUIRE(pci::try_reset(root, hotplug, bus()).has_value());
  REQUIRE(journal.take() == "check ?a ?b ?c ?d save0 save1 save2 reset restore0 restore1 restore2 -d -c -b -a ");
  REQUIRE(all_free());

  // Known bad: lock and unlock that each walk the bus as it is then. The lock of the one that came is given back untaken.
  const auto taken = bus();
  for (auto* lock : taken.locks()) {
    REQUIRE(LockAccess::try_lock(*lock));
  }
  tree.add({0, 1, 4, 0}, Address{0, 0, 1, 0});
  const auto now = bus();
  ReverseRollback::undo(now.locks(), now.locks().size());
  REQUIRE(journal.misuses == 1);
}

template <class Context>
concept Tries = requires(const Context& context, Target& target, const pci::ResetScope<TestLock>& scope) {
  pci::try_reset(context, target, scope);
};

TEST_CASE("A try compiles under any context, a descriptor's included") {
  using vfio::VfioOrder;
  REQUIRE(Tries<vfio::ThreadContext>);
  REQUIRE(Tries<HeldContext<Held<VfioOrder, vfio::open_device>>>);
  REQUIRE(Tries<HeldContext<Held<VfioOrder, vfio::memory_lock>>>);
  REQUIRE_FALSE(Tries<int>);
}

template <class Context>
concept Waits = requires(const Context& context, Target& target, const pci::ResetScope<TestLock>& scope) {
  pci::reset(context, target, scope);
};

TEST_CASE("The waiting form compiles only where device_lock may still be waited for") {
  using vfio::VfioOrder;
  REQUIRE(Waits<vfio::ThreadContext>);
  REQUIRE(Waits<HeldTag<Held<VfioOrder, vfio::rescan_remove_lock>>>);
  REQUIRE(Waits<vfio::ContextFor<vfio::device_lock>>);
  REQUIRE_FALSE(Waits<HeldTag<Held<VfioOrder, vfio::open_device>>>);
  REQUIRE_FALSE(Waits<HeldTag<Held<VfioOrder, vfio::device_lock>>>);
  REQUIRE_FALSE(Waits<HeldTag<Held<VfioOrder, vfio::memory_lock>>>);
  REQUIRE_FALSE(Waits<vfio::ContextFor<vfio::group_lock>>);
  REQUIRE_FALSE(Waits<int>);
}

}  // namespace
