// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Error recovery: who is asked, in which order, under which lock, and what the answers come to.
#include "devlock/pci/recovery.hpp"

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "devlock/order/try_guard.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "support/catch.hpp"

namespace {

using namespace devlock;
using namespace devlock::pci;

using Lock = DeviceLock<StdSync>;
using Tree = Topology<Lock>;
constexpr Address port{0, 0, 1, 0};
constexpr Address first{0, 1, 0, 0};
constexpr Address second{0, 1, 0, 1};

// True if another thread cannot have the lock now.
bool taken(Lock& lock) {
  bool free = false;
  std::thread([&] {
    vfio::ThreadContext root;
    TryGuard guard{root, lock.device()};
    free = guard.owns_lock();
  }).join();
  return !free;
}

struct Target {
  Tree& tree;
  std::string journal;
  bool alone = true;  ///< each call had the lock of its function and of no other; the reset those of all that are there
  std::map<Address, std::vector<RecoveryVote>> answers;
  int reset_error = 0;

  RecoveryVote answer(const std::string& question, Address address) {
    journal += question + std::to_string(address.function) + ' ';
    for (auto* node : tree.walk()) {
      alone = alone && taken(node->lock) == (node->address == address);
    }
    auto& left = answers[address];
    if (left.empty()) {
      return RecoveryVote::none;
    }
    const RecoveryVote vote = left.front();
    left.erase(left.begin());
    return vote;
  }
  RecoveryVote error_detected(Address address, Channel channel) {
    return answer(channel == Channel::frozen ? "frozen" : "normal", address);
  }
  RecoveryVote mmio_enabled(Address address) { return answer("mmio", address); }
  RecoveryVote slot_reset(Address address) { return answer("slot", address); }
  void resume(Address address) { (void)answer("resume", address); }

  std::function<void()> before_locks = [] {};

  Result<void> check(const ResetScope<Lock>&) {
    before_locks();
    return {};
  }
  Result<void> save(Address) { return {}; }
  Result<void> reset(const ResetScope<Lock>&) {
    journal += "reset ";
    for (auto* node : tree.walk()) {
      alone = alone && taken(node->lock) == (node->lock.life() != DeviceLife::gone);
    }
    if (reset_error != 0) {
      return failure(make_error(Operation::reset_bus, "it", reset_error, "the test says so"));
    }
    return {};
  }
  Result<void> restore(Address) { return {}; }
};

struct Fixture {
  Fixture() {
    tree.add(port);
    tree.add(first, port);
    tree.add(second, port);
  }
  std::string run(Channel channel) {
    root.assume();
    const auto result = recover(root, target, *tree.scope(ScopeKind::subordinate, port), channel);
    CHECK(target.alone);
    for (auto* node : tree.walk()) {
      CHECK_FALSE(taken(node->lock));
    }
    return result ? to_string(*result) : errno_name(result.error().error_number);
  }
  Tree tree;
  Target target{tree, {}, true, {}, 0, [] {}};
  vfio::ThreadContext root;
};
using enum RecoveryVote;

TEST_CASE_METHOD(Fixture, "Drivers that can go on are resumed, and the bus is not reset") {
  target.answers = {{first, {can_recover, recovered}}, {second, {can_recover, recovered}}};
  CHECK(run(Channel::normal) == "recovered");
  CHECK(target.journal == "normal0 normal1 mmio0 mmio1 resume0 resume1 ");
}
TEST_CASE_METHOD(Fixture, "A frozen channel is reset between the report and the drivers' own recovery") {
  target.answers = {{first, {need_reset, recovered}}, {second, {can_recover, recovered}}};
  CHECK(run(Channel::frozen) == "recovered");
  CHECK(target.journal == "frozen0 frozen1 reset slot0 slot1 resume0 resume1 ");
}
TEST_CASE_METHOD(Fixture, "A driver that gives up keeps all from being resumed") {
  target.answers = {{first, {can_recover}}, {second, {disconnect}}};
  CHECK(run(Channel::normal) == "disconnect");
  CHECK(target.journal == "normal0 normal1 ");
}
TEST_CASE_METHOD(Fixture, "A reset that fails ends the recovery with its error") {
  target.reset_error = ENOTTY;
  CHECK(run(Channel::frozen) == "ENOTTY");
  CHECK(target.journal == "frozen0 frozen1 reset ");
}
TEST_CASE_METHOD(Fixture, "A function that left is not asked") {
  tree.find(second)->lock.mark_gone();
  target.answers = {{first, {can_recover, recovered}}};
  CHECK(run(Channel::normal) == "recovered");
  CHECK(target.journal == "normal0 mmio0 resume0 ");
}

TEST_CASE_METHOD(Fixture, "A function that left does not keep the others from their reset") {
  tree.find(second)->lock.mark_gone();
  target.answers = {{first, {need_reset, recovered}}};
  CHECK(run(Channel::frozen) == "recovered");
  CHECK(target.journal == "frozen0 reset slot0 resume0 ");
}

TEST_CASE_METHOD(Fixture,
                 "A function that leaves while the reset waits for its locks does not keep the others from it") {
  target.before_locks = [&] { tree.find(second)->lock.mark_gone(); };
  target.answers = {{first, {need_reset, recovered}}, {second, {can_recover}}};
  CHECK(run(Channel::frozen) == "recovered");
  CHECK(target.journal == "frozen0 frozen1 reset slot0 resume0 ");
}
TEST_CASE_METHOD(Fixture, "A function whose unplug was asked for ends the recovery: its lock may be long in coming") {
  target.before_locks = [&] { tree.find(second)->lock.revoke(); };
  target.answers = {{first, {need_reset, recovered}}, {second, {can_recover}}};
  CHECK(run(Channel::frozen) == "ENODEV");
  CHECK(target.journal == "frozen0 frozen1 ");
}

TEST_CASE("Votes merge as the kernel merges them") {
  struct Row {
    RecoveryVote so_far, next, together;
  };
  const Row rows[] = {
      {can_recover, none, can_recover},      {can_recover, need_reset, need_reset},
      {can_recover, disconnect, disconnect}, {recovered, need_reset, need_reset},
      {recovered, recovered, recovered},     {need_reset, can_recover, need_reset},
      {need_reset, disconnect, need_reset},  {disconnect, need_reset, need_reset},
      {disconnect, can_recover, disconnect}, {can_recover, no_driver, no_driver},
      {no_driver, need_reset, no_driver},    {no_driver, none, no_driver},
  };
  for (const Row& row : rows) {
    INFO(to_string(row.so_far) << " and " << to_string(row.next));
    CHECK(merge(row.so_far, row.next) == row.together);
  }
}

template <class Context>
concept Recovers = requires(const Context& context, Target& target, const ResetScope<Lock>& scope) {
  recover(context, target, scope, Channel::frozen);
};
TEST_CASE("A recovery compiles only where device_lock may still be waited for") {
  CHECK(Recovers<vfio::ThreadContext>);
  CHECK(Recovers<vfio::ContextFor<vfio::device_lock>>);
  CHECK_FALSE(Recovers<HeldTag<Held<vfio::VfioOrder, vfio::bus_list_lock>>>);
  CHECK_FALSE(Recovers<HeldTag<Held<vfio::VfioOrder, vfio::device_lock>>>);
  CHECK_FALSE(Recovers<HeldTag<Held<vfio::VfioOrder, vfio::open_device>>>);
}

}  // namespace
