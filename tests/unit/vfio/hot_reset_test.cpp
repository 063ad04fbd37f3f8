// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hot reset on locks that share one journal: what is taken, in which order, and that a failure gives back exactly that.
#include "devlock/vfio/hot_reset.hpp"

#include <memory>
#include <string>
#include <vector>

#include "devlock/lock/ordered.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "support/catch.hpp"
#include "support/recording_lock.hpp"

namespace {

using namespace devlock;
using pci::Address;

test::Journal* current_journal = nullptr;
constexpr Address port{0, 0, 1, 0};

// The device locks of the bridge and of functions 0 to 2: a to d.
class TestLock : public test::RecordingLock<vfio::device_lock> {
 public:
  TestLock() : RecordingLock(*current_journal, std::string(1, next_name++)) {}
  [[nodiscard]] DeviceLife life() const { return DeviceLife::live; }
  static inline char next_name = 'a';
};

using Memory = Ordered<vfio::memory_lock, test::RecordingMutex>;

struct Set {
  using MemoryLock = Memory;
  explicit Set(test::Journal& journal) : set(std::pair(&journal, "set")), text(&journal) {
    for (const char* name : {"m0", "m1", "m2"}) {
      memories.push_back(std::make_unique<Memory>(std::pair(&journal, name)));
    }
  }
  auto& lock() { return set; }
  Result<void> list() {
    text->text += "list ";
    return listed;
  }
  Result<void> wake(vfio::ContextFor<vfio::memory_lock>) {
    text->text += "wake ";
    return awake;
  }
  [[nodiscard]] std::size_t size() const { return memories.size(); }
  [[nodiscard]] Address address(std::size_t place) const { return {0, 1, 0, static_cast<std::uint8_t>(place)}; }
  [[nodiscard]] bool owned(std::size_t place) const { return place < owned_before; }
  Memory& memory(std::size_t place) { return *memories[place]; }

  Ordered<vfio::dev_set_lock, test::RecordingMutex> set;
  test::Journal* text;
  std::vector<std::unique_ptr<Memory>> memories;
  std::size_t owned_before = 3;
  Result<void> listed;
  Result<void> awake;
};

struct Target {
  test::Journal* text;
  Result<void> reset_result;
  Result<void> check(const pci::ResetScope<TestLock>&) { return {}; }
  Result<void> save(Address) { return {}; }
  Result<void> reset(const pci::ResetScope<TestLock>&) {
    text->text += "reset ";
    return reset_result;
  }
  Result<void> restore(Address) { return {}; }
};

struct Fixture {
  Fixture() {
    current_journal = &journal;
    TestLock::next_name = 'a';
    tree.add(port);
    for (std::uint8_t function = 0; function != 3; ++function) {
      tree.add({0, 1, 0, function}, port);
    }
  }
  /// "errno object: what was done".
  std::string run() {
    root.assume();
    journal.take();
    const auto done = vfio::hot_reset(root, set, target, *tree.scope(pci::ScopeKind::bus, {0, 1, 0, 0}));
    std::string text = "ok: ";
    if (!done) {
      CHECK(done.error().operation == Operation::hot_reset);
      CHECK_FALSE(done.error().reason.empty());
      CHECK_FALSE(done.error().remedy.empty());
      text = std::string(errno_name(done.error().error_number)) + ' ' + done.error().object + ": ";
    }
    CHECK(journal.misuses == 0);
    return text + journal.take();
  }
  test::Journal journal;
  pci::Topology<TestLock> tree;
  Set set{journal};
  Target target{&journal, {}};
  vfio::ThreadContext root;
};

TEST_CASE_METHOD(Fixture, "The set is waited for, memory locks and device locks are tried, all goes back in reverse") {
  CHECK(run() == "ok: +set list wake ?m0 ?m1 ?m2 ?a ?b ?c ?d reset -d -c -b -a -m2 -m1 -m0 -set ");
}
TEST_CASE_METHOD(Fixture, "A taken memory lock is EBUSY, and exactly the locks before it are given back") {
  set.memory(0).native().lock();
  CHECK(run() == "EBUSY 0000:01:00.0: +set list wake !m0 -set ");
  set.memory(0).native().unlock();
  set.memory(2).native().lock();
  CHECK(run() == "EBUSY 0000:01:00.2: +set list wake ?m0 ?m1 !m2 -m1 -m0 -set ");
  CHECK(set.memory(2).native().taken());
}
TEST_CASE_METHOD(Fixture, "A taken device lock is EAGAIN, and the memory locks go back too") {
  tree.find({0, 1, 0, 1})->lock.native().lock();
  CHECK(run() == "EAGAIN 0000:01:00.1: +set list wake ?m0 ?m1 ?m2 ?a ?b !c -b -a -m2 -m1 -m0 -set ");
  tree.find({0, 1, 0, 1})->lock.native().unlock();
  tree.find(port)->lock.native().lock();
  CHECK(run() == "EAGAIN 0000:00:01.0: +set list wake ?m0 ?m1 ?m2 !a -m2 -m1 -m0 -set ");
}
TEST_CASE_METHOD(
    Fixture, "A device that is not owned is EINVAL after the memory locks before it, as the kernel asks one by one") {
  set.owned_before = 1;
  CHECK(run() == "EINVAL 0000:01:00.1: +set list wake ?m0 -m0 -set ");
  set.memory(0).native().lock();
  CHECK(run() == "EBUSY 0000:01:00.0: +set list wake !m0 -set ");
  set.owned_before = 0;
  CHECK(run() == "EINVAL 0000:01:00.0: +set list wake -set ");
}
TEST_CASE_METHOD(Fixture, "A set that cannot be reset or woken is left alone") {
  const auto no = failure(make_error(Operation::hot_reset, "it", EINVAL, "not all of it", "bind it"));
  set.listed = no;
  CHECK(run() == "EINVAL it: +set list -set ");
  set.listed = {};
  set.awake = no;
  CHECK(run() == "EINVAL it: +set list wake -set ");
}
TEST_CASE_METHOD(Fixture, "A reset that fails gives back every lock") {
  target.reset_result = failure(make_error(Operation::reset_bus, "it", EIO, "no link", "look at the port"));
  CHECK(run() == "EIO it: +set list wake ?m0 ?m1 ?m2 ?a ?b ?c ?d reset -d -c -b -a -m2 -m1 -m0 -set ");
}

// Known bad: gives back the memory lock of the whole set, not of the prefix that it took.
TEST_CASE_METHOD(
    Fixture, "The rollback of the whole set is caught: it gives back a lock of somebody else, and one that is free") {
  set.memory(1).native().lock();
  const vfio::detail::MemoryScope<Memory> memory(set);
  std::size_t taken = 0;
  while (taken != 3 && LockAccess::try_lock(*memory.locks()[taken])) {
    ++taken;
  }
  REQUIRE(taken == 1);
  ReverseRollback::undo(memory.locks(), memory.locks().size());
  CHECK(journal.misuses == 1);
  CHECK_FALSE(set.memory(1).native().taken());
}

template <class Context>
concept Resets = requires(const Context& context, Set& set, Target& target, const pci::ResetScope<TestLock>& scope) {
  vfio::hot_reset(context, set, target, scope);
};
TEST_CASE(
    "A hot reset compiles where dev_set_lock may still be waited for: through a descriptor, not under a memory lock") {
  using vfio::VfioOrder;
  CHECK(Resets<vfio::ThreadContext>);
  CHECK(Resets<vfio::ContextFor<vfio::dev_set_lock>>);
  CHECK(Resets<HeldContext<Held<VfioOrder, vfio::open_device>>>);
  CHECK(Resets<HeldContext<Held<VfioOrder, vfio::group_lock>>>);
  CHECK_FALSE(Resets<HeldContext<Held<VfioOrder, vfio::dev_set_lock>>>);
  CHECK_FALSE(Resets<HeldContext<Held<VfioOrder, vfio::memory_lock>>>);
  CHECK_FALSE(Resets<HeldContext<Held<VfioOrder, vfio::kvm_lock>>>);
}

}  // namespace
