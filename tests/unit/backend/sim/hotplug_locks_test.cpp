// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions come and go while their bus is locked, reset, bound and opened: what waits for the bridge and what does not, what a reset
// hits, and that many threads at once leave everything in order.
#include <algorithm>
#include <chrono>
#include <functional>
#include <latch>
#include <vector>

#include "unit/backend/sim/hotplug_rig.hpp"

using namespace sim_test;

namespace {

// The host's target, and something else that happens between the look at the scope and the reset.
struct Interrupted {
  using Scope = sim::ResetTarget<StdSync>::Scope;
  sim::ResetTarget<StdSync> target;
  std::function<void()> between;

  Result<void> check(const Scope& scope) { return target.check(scope); }
  Result<void> unchanged(const Scope& scope) { return target.unchanged(scope); }
  Result<void> save(pci::Address address) { return target.save(address); }
  Result<void> reset(const Scope& scope) {
    between();
    return target.reset(scope);
  }
  Result<void> restore(pci::Address address) { return target.restore(address); }
};

}  // namespace

TEST_CASE("a rescan waits for the reset of a bus before a function comes to it") {
  HotplugRig rig;
  auto& machine = rig.host.machine();
  REQUIRE(rig.remove(example::pair_b) == "ok");
  std::string rescanned;
  std::atomic<bool> over{false};
  std::thread rescanner;
  Interrupted target{sim::ResetTarget<StdSync>(machine, Operation::reset_bus), [&] {
                       rescanner = std::thread([&] {
                         vfio::ThreadContext other;
                         rescanned = answer(rig.hotplug.rescan(other.assume()));
                         over.store(true);
                       });
                       while (machine.find(example::pair_root)->waits_for_lock.value() == 0U && !over.load()) {
                         std::this_thread::yield();
                       }
                       CHECK_FALSE(over.load());
                       CHECK_FALSE(rig.there(example::pair_b));
                     }};
  rig.root.assume();
  CHECK(answer(pci::try_reset(rig.root, target, *machine.scope(pci::ScopeKind::subordinate, example::pair_root))) ==
        "ok");
  rescanner.join();
  CHECK(rescanned == "ok");
  CHECK(rig.observer.observe(example::pair_a).resets == 1);
  CHECK(rig.there(example::pair_b));
  CHECK(rig.observer.observe(example::pair_b).resets == 0);
}

TEST_CASE("virtual functions come when nobody has the bridge") {
  HotplugRig rig;
  std::string set;
  std::thread setter;
  {
    const Elsewhere held(rig.lock_of(example::sriov_root));
    setter = std::thread([&] {
      vfio::ThreadContext other;
      set = answer(rig.hotplug.set_num_vfs(other.assume(), example::physical, 2));
    });
    rig.observer.await_waiting_for_lock(example::physical, 1);
    CHECK_FALSE(rig.there(example::virtual_a));
  }
  setter.join();
  CHECK(set == "ok");
  CHECK(rig.there(example::virtual_b));
}

TEST_CASE("a reset hits what is there and not what its scope lists: a function that came without the bridge shows it") {
  HotplugRig rig;
  auto& machine = rig.host.machine();
  const pci::Address third{0, 5, 0, 2};
  Interrupted target{sim::ResetTarget<StdSync>(machine, Operation::reset_bus),
                     [&] { REQUIRE(answer(machine.add({.address = third, .bridge = example::pair_root})) == "ok"); }};
  rig.root.assume();
  CHECK(answer(pci::try_reset(rig.root, target, *machine.scope(pci::ScopeKind::subordinate, example::pair_root))) ==
        "ok");
  const auto seen = rig.observer.observe(third);
  CHECK(seen.resets == 1);
  CHECK(seen.saves == 0);
  CHECK(seen.config.bar == 0U);  // nobody saved it, so nobody gives it back
  CHECK(rig.observer.observe(example::pair_a).config.bar != 0U);
}

TEST_CASE("a rescan and sriov_numvfs of a Linux go on while the bridge is held, and a reset hits what came unsaved") {
  for (const sim::Profile& kernel : {sim::linux_6_1, sim::linux_6_12}) {
    INFO(kernel.kernel);
    HotplugRig rig(sim::sriov_blueprint().kernel(kernel));
    auto& machine = rig.host.machine();
    {
      const Elsewhere held(rig.lock_of(example::sriov_root).device());
      CHECK(rig.set_num_vfs(2) == "ok");
      CHECK(rig.there(example::virtual_b));
    }
    REQUIRE(rig.remove(example::pair_b) == "ok");
    std::string rescanned;
    const auto rescan = [&] {
      vfio::ThreadContext other;
      rescanned = answer(rig.hotplug.rescan(other.assume()));
    };
    Interrupted target{sim::ResetTarget<StdSync>(machine, Operation::reset_bus), [&] { std::thread(rescan).join(); }};
    rig.root.assume();
    CHECK(answer(pci::try_reset(rig.root, target, *machine.scope(pci::ScopeKind::subordinate, example::pair_root))) ==
          "ok");
    CHECK(rescanned == "ok");
    const auto seen = rig.observer.observe(example::pair_b);
    CHECK(seen.resets == 1);
    CHECK(seen.saves == 0);
    CHECK(seen.config.bar == 0U);
  }
}

namespace {

// Rounds of `body` on a thread of its own for half a second, from when all of them are there.
template <class Body>
std::thread often(std::latch& all, Body body) {
  return std::thread([body, &all] {
    all.arrive_and_wait();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    for (unsigned round = 0; std::chrono::steady_clock::now() < end; ++round) {
      vfio::ThreadContext root;
      body(root.assume(), round);
    }
  });
}
// Whatever of a VMM's life with this function is possible now.
template <LockContext Context>
void use(HotplugRig& rig, const Context& root, pci::Address address) {
  root.assume();
  (void)rig.host.set_driver_override(root, address, "vfio-pci").has_value();
  (void)rig.host.unbind(root, address).has_value();
  (void)rig.host.bind(root, address, "vfio-pci").has_value();
  const auto info = rig.host.device(address);
  auto container = rig.host.open_container();
  if (!info || info->iommu_group < 0 || !container) {
    return;
  }
  auto group = rig.host.open_group(root, info->iommu_group);
  if (!group || !group->set_container(root, *container) || !container->set_iommu(root)) {
    return;
  }
  if (auto device = group->open_device(root, address)) {
    (void)device->reset(root).has_value();
    sim::Group<StdSync>* const groups[] = {&*group};
    (void)device->hot_reset(root, groups).has_value();
    std::this_thread::sleep_for(std::chrono::microseconds(200));  // so that others come to wait for its lock
  }
}
// What is there has its bridge and, if it is virtual, its physical function, at each moment.
bool is_whole(const std::vector<sim::Function<StdSync>*>& functions) {
  const auto there = [&](const auto* wanted) {
    return std::any_of(functions.begin(), functions.end(), [&](const auto* one) { return one->node == wanted; });
  };
  return std::all_of(functions.begin(), functions.end(), [&](const auto* one) {
    return (one->node->bridge == nullptr || there(one->node->bridge)) &&
           (one->physical == nullptr || there(one->physical->node));
  });
}

// Nothing of this was hit that nobody had saved.
bool was_saved(const std::vector<sim::Function<StdSync>*>& functions) {
  return std::all_of(functions.begin(), functions.end(), [](const auto* one) {
    const auto seen = one->registers.observe();
    return seen.resets <= seen.saves && seen.restores <= seen.saves;
  });
}

}  // namespace

TEST_CASE("resets, removals, rescans, SR-IOV, binds and descriptors from several threads end in order") {
  HotplugRig rig;
  const std::size_t before = rig.host.devices()->size();
  std::atomic<unsigned> broken{0U};
  std::atomic<unsigned> unsaved{0U};
  std::latch all(5);
  std::vector<std::thread> threads;
  threads.push_back(often(all, [&](const auto& root, unsigned round) {
    root.assume();
    (void)rig.hotplug.set_num_vfs(root, example::physical, round % 2U == 0U ? 2U : 0U).has_value();
  }));
  threads.push_back(often(all, [&](const auto& root, unsigned round) {
    root.assume();
    constexpr pci::Address leaving[] = {example::physical,   example::pair_b,   example::edu,
                                        example::sriov_root, example::upstream, example::pair_root};
    if (round % 2U == 0U) {
      (void)rig.hotplug.remove(root, leaving[round / 2U % std::size(leaving)]).has_value();
    } else {
      (void)rig.hotplug.rescan(root).has_value();
    }
  }));
  threads.push_back(often(all, [&](const auto& root, unsigned) {
    root.assume();
    (void)rig.host.try_reset_bus(example::sriov_root).has_value();
    (void)rig.host.reset_bus(root, example::pair_root).has_value();
    (void)rig.host.reset_bus(root, example::switch_root).has_value();
    (void)rig.host.reset_slot(root, example::pair_a).has_value();
    (void)rig.host.try_reset_slot(example::physical).has_value();
    (void)rig.host.reset_function(root, example::virtual_a).has_value();
    (void)rig.host.devices().has_value();
    (void)rig.host.group_members(1).has_value();
    const auto functions = rig.host.machine().functions();
    broken += is_whole(functions) ? 0U : 1U;
    unsaved += was_saved(functions) ? 0U : 1U;
  }));
  threads.push_back(often(all, [&](const auto& root, unsigned round) {
    root.assume();
    for (const pci::Address one : {example::physical, example::virtual_a, example::pair_a, example::edu}) {
      (void)(round % 2U == 0U ? rig.host.unbind(root, one).has_value() : rig.host.probe(root, one).has_value());
    }
  }));
  threads.push_back(often(all, [&](const auto& root, unsigned round) {
    use(rig, root, round % 2U == 0U ? example::edu : example::virtual_a);
  }));
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(broken == 0U);
  CHECK(unsaved == 0U);
  (void)rig.hotplug.rescan(rig.root.assume()).has_value();
  (void)rig.set_num_vfs(0);
  CHECK(rig.host.devices()->size() == before);
  auto& machine = rig.host.machine();
  CHECK(is_whole(machine.functions()));
  for (const auto* function : machine.functions()) {
    INFO(pci::to_string(function->address()));
    const auto seen = function->registers.observe();
    CHECK(seen.saves == seen.restores);
    CHECK(seen.saves == seen.resets);  // nothing was hit that nobody had saved
    CHECK_FALSE(seen.saved);
    CHECK(seen.config.bar != 0U);
    const unsigned driver = function->driver();
    CHECK((function->vfio != nullptr) == (driver != 0U && machine.driver(driver).is_vfio));
  }
  for (auto* group : machine.groups()) {
    INFO(group->name());
    int users = 0;
    for (const auto* function : machine.functions()) {
      const unsigned driver = function->driver();
      users += function->group == group && driver != 0U && !machine.driver(driver).manages_dma ? 1 : 0;
    }
    rig.root.assume();
    CHECK(group->ownership.owner(rig.root) == nullptr);
    CHECK(group->ownership.users(rig.root) == users);
    CHECK(group->ownership.domain(rig.root) == DomainKind::standard);
  }
}
