// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// VFIO_DEVICE_PCI_HOT_RESET of the pair: each answer of the kernel, who is waited for and who is not, as seen on Linux 6.1 and
// 6.12 with each lock held in turn.
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

using Group = sim::Group<StdSync>;

// Both functions of the pair with VFIO, the first one open.
struct Pair : Rig {
  Pair() {
    give(example::pair_a, "vfio-pci");
    give(example::pair_b, "vfio-pci");
  }
  auto reset(Session& session) {
    root.assume();
    Group* const groups[] = {&session.group};
    return session.device.hot_reset(root, groups);
  }
  auto& function(pci::Address address) { return *host.machine().find(address); }
  [[nodiscard]] unsigned resets(pci::Address address) const { return observer.observe(address).resets; }
  // What a hot reset in a thread of its own answers, once `gauge` shows that it waits while `lock` is held.
  template <class Lock, class Gauge>
  std::string answer_after_waiting(Session& session, Lock& lock, Gauge& gauge) {
    std::string result;
    std::atomic<bool> released{false};
    bool waited = false;
    std::thread resetter;
    {
      const Elsewhere held(lock);
      resetter = std::thread([&] {
        vfio::ThreadContext other;
        Group* const groups[] = {&session.group};
        result = answer(session.device.hot_reset(other.assume(), groups));
        waited = released.load();
      });
      gauge.await_at_least(1U);
      released.store(true);
    }
    resetter.join();
    return waited ? result : result + " without waiting";
  }
};

}  // namespace

TEST_CASE("a hot reset resets both functions of the pair and restores them") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  const auto a = rig.observer.observe(example::pair_a);
  const auto b = rig.observer.observe(example::pair_b);
  REQUIRE(answer(rig.reset(session)) == "ok");
  CHECK(rig.observer.observe(example::pair_a).config == a.config);
  CHECK(rig.observer.observe(example::pair_b).config == b.config);
  CHECK(rig.resets(example::pair_a) == a.resets + 1);
  CHECK(rig.resets(example::pair_b) == b.resets + 1);
}

TEST_CASE("a held memory_lock of the open function is EBUSY, and nothing is disturbed") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  const auto before = rig.observer.observe(example::pair_a);
  {
    const Elsewhere held(rig.function(example::pair_a).vfio->memory_lock);
    const auto result = rig.reset(session);
    CHECK(answer(result) == "EBUSY contended");
    CHECK(result.error().operation == Operation::hot_reset);
    CHECK(result.error().object == "0000:05:00.0");
    CHECK(rig.observer.held_locks().size() == 1);
  }
  CHECK(rig.observer.observe(example::pair_a) == before);
  CHECK(answer(rig.reset(session)) == "ok");
}

TEST_CASE("a held memory_lock of the sibling that is open too is EBUSY; of one that sleeps it is waited for") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  {
    auto sibling = rig.open_device(session.group, example::pair_b);
    const Elsewhere held(rig.function(example::pair_b).vfio->memory_lock);
    const auto result = rig.reset(session);
    CHECK(answer(result) == "EBUSY contended");
    CHECK(result.error().object == "0000:05:00.1");
    CHECK(rig.observer.held_locks().size() == 1);
  }
  auto& vfio = *rig.function(example::pair_b).vfio;
  CHECK(rig.answer_after_waiting(session, vfio.memory_lock, vfio.waits_to_wake) == "ok");
}

TEST_CASE("a held dev_set is waited for") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  auto& set = *rig.function(example::pair_a).device_set;
  CHECK(rig.answer_after_waiting(session, set.lock, set.waits_for_lock) == "ok");
}

TEST_CASE(
    "a held device_lock or config-access block of the bridge or of a function is EAGAIN, and nothing is disturbed") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  const auto before = rig.observer.observe(example::pair_b);
  const auto check = [&](auto& lock, const char* whose) {
    const Elsewhere held(lock);
    const auto result = rig.reset(session);
    CHECK(answer(result) == "EAGAIN contended");
    CHECK(result.error().object == whose);
    CHECK(rig.observer.held_locks().size() == 1);
  };
  check(rig.function(example::pair_root).lock().device(), "0000:00:02.0");
  check(rig.function(example::pair_a).lock().config(), "0000:05:00.0");
  check(rig.function(example::pair_b).lock().device(), "0000:05:00.1");
  CHECK(rig.observer.observe(example::pair_b) == before);
  const Elsewhere bridge(rig.function(example::pair_root).lock().device());
  CHECK(answer(session.device.reset(rig.root.assume())) == "ok");  // which does not lock the bridge
}

TEST_CASE("an unbind of the sibling that waits for its descriptor makes a hot reset contended") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  auto sibling = rig.open_device(session.group, example::pair_b);
  std::string unbound;
  std::thread unbind([&] {
    vfio::ThreadContext root;
    unbound = answer(rig.host.unbind(root.assume(), example::pair_b));
  });
  rig.observer.await_unbind_wait(example::pair_b);
  CHECK(answer(rig.reset(session)) == "EAGAIN contended");
  CHECK(answer(sibling.close(rig.root.assume())) == "ok");
  unbind.join();
  CHECK(unbound == "ok");
  // Driverless now: the reset would touch what nobody proves to own.
  CHECK(answer(rig.reset(session)) == "EINVAL not owned");
}

TEST_CASE("a function that is affected and with another driver is EINVAL") {
  Pair rig;
  rig.give(example::pair_b, "pci-stub");
  auto session = rig.open(example::pair_a);
  const auto result = rig.reset(session);
  CHECK(answer(result) == "EINVAL not owned");
  CHECK(result.error().object == "0000:05:00.1");
}

TEST_CASE("the groups that are named must be open, at least one, the right ones, and no more than functions") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  rig.give(example::edu, "vfio-pci");
  auto other = rig.open(example::edu);
  rig.root.assume();
  CHECK(answer(session.device.hot_reset(rig.root, {})) == "EINVAL not owned");
  Group* const wrong[] = {&other.group};
  CHECK(answer(session.device.hot_reset(rig.root, wrong)) == "EINVAL not owned");
  Group* const many[] = {&session.group, &session.group, &session.group};
  CHECK(answer(session.device.hot_reset(rig.root, many)) == "EINVAL not owned");
  Group* const both[] = {&session.group, &other.group};
  CHECK(answer(session.device.hot_reset(rig.root, both)) == "ok");
  CHECK(answer(other.group.close(rig.root)) == "ok");
  CHECK(answer(session.device.hot_reset(rig.root, both)) == "EBADF invalid");
  Group* const closed[] = {&other.group, &other.group, &other.group};
  CHECK(answer(session.device.hot_reset(rig.root, closed)) == "EINVAL not owned");
}

TEST_CASE("functions of one bus in two groups: both groups must be named") {
  sim::Blueprint plan;
  constexpr pci::Address port{0, 0, 1, 0};
  constexpr pci::Address one{0, 1, 0, 0};
  constexpr pci::Address two{0, 1, 0, 1};
  constexpr pci::Address alone{0, 0, 2, 0};
  plan.usual_drivers().root_port(port);
  plan.function({.address = one, .bridge = port, .vendor = 1, .device = 1, .iommu_group = 1});
  plan.function({.address = two, .bridge = port, .vendor = 1, .device = 1, .iommu_group = 2});
  plan.function({.address = alone, .bridge = {}, .vendor = 1, .device = 1, .iommu_group = 3});
  auto host = sim::Host::make(plan);
  REQUIRE(host.has_value());
  Rig rig(std::move(*host));
  for (const pci::Address address : {one, two, alone}) {
    rig.give(address, "vfio-pci");
  }
  auto first = rig.open(one);
  auto second = rig.open(two);
  rig.root.assume();
  Group* const mine[] = {&first.group};
  const auto half = first.device.hot_reset(rig.root, mine);
  CHECK(answer(half) == "EINVAL not owned");
  CHECK(half.error().object == "0000:01:00.1");
  Group* const both[] = {&first.group, &second.group};
  CHECK(answer(first.device.hot_reset(rig.root, both)) == "ok");

  // On a root bus there is no bridge to reset through.
  auto third = rig.open(alone);
  Group* const its[] = {&third.group};
  CHECK(answer(third.device.hot_reset(rig.root, its)) == "ENODEV gone");
  CHECK(answer(third.device.hot_reset_info(rig.root, 8)) == "ENODEV gone");
}

TEST_CASE("the information names what is affected, and asks for room") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  rig.root.assume();
  const auto two = session.device.hot_reset_info(rig.root, 2);
  REQUIRE(answer(two) == "ok");
  REQUIRE(two->size() == 2);
  CHECK(two->front().address == example::pair_a);
  CHECK(two->back().address == example::pair_b);
  CHECK(two->back().iommu_group == rig.group_of(example::pair_a));
  CHECK(answer(session.device.hot_reset_info(rig.root, 1)) == "ENOSPC exhausted");
  rig.host.inject(Operation::hot_reset_info, example::pair_a, EAGAIN);
  CHECK(answer(session.device.hot_reset_info(rig.root, 2)) == "EAGAIN contended");
  CHECK(answer(session.device.close(rig.root)) == "ok");
  CHECK(answer(session.device.hot_reset_info(rig.root, 2)) == "EBADF invalid");
  CHECK(answer(rig.reset(session)) == "EBADF invalid");
}

TEST_CASE("a hot reset that fails restores both functions and gives every lock back") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  const auto before = rig.observer.observe(example::pair_b);
  rig.host.inject(Operation::hot_reset, example::pair_b, EIO);
  CHECK(answer(rig.reset(session)) == "EIO failed");
  CHECK(rig.observer.held_locks().empty());
  CHECK(rig.observer.observe(example::pair_b).config == before.config);
  CHECK(rig.resets(example::pair_b) == before.resets);
}

TEST_CASE("two hot resets of one set from two threads both succeed: one waits for the other's dev_set") {
  Pair rig;
  auto session = rig.open(example::pair_a);
  constexpr int rounds = 200;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread != 2; ++thread) {
    threads.emplace_back([&] {
      vfio::ThreadContext root;
      Group* const groups[] = {&session.group};
      for (int round = 0; round != rounds; ++round) {
        wrong += answer(session.device.hot_reset(root.assume(), groups)) == "ok" ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  CHECK(rig.resets(example::pair_b) >= 2U * rounds);
}
