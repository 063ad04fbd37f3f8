// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions come and go: remove and rescan, SR-IOV, and what becomes of operations that meet a function on its way out.
#include <functional>
#include <vector>

#include "unit/backend/sim/hotplug_rig.hpp"

using namespace sim_test;

TEST_CASE("what is removed leaves with all that is below it, and a rescan finds it again") {
  HotplugRig rig;
  const std::size_t before = rig.host.devices()->size();
  const int group = rig.group_of(example::card);
  REQUIRE(rig.remove(example::upstream) == "ok");
  CHECK(rig.host.devices()->size() == before - 5);
  for (const pci::Address gone : {example::upstream, example::downstream_a, example::downstream_b, example::card}) {
    CHECK_FALSE(rig.there(gone));
  }
  CHECK(answer(rig.host.group_members(group)) == "ENOENT gone");
  CHECK(answer(rig.host.try_reset_function(example::card)) == "ENOENT gone");
  CHECK(answer(rig.host.try_reset_bus(example::switch_root)) == "ok");  // an empty bus
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 5);
  CHECK(rig.driver_of(example::card) == "e1000e");
  CHECK(rig.driver_of(example::upstream) == "pcieport");
  CHECK(rig.group_of(example::card) == group);
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 0);
  CHECK(answer(rig.host.try_reset_bus(example::switch_root)) == "ok");
}

TEST_CASE("a function of a pair that comes back joins the group of its slot") {
  HotplugRig rig;
  REQUIRE(rig.remove(example::pair_a) == "ok");
  CHECK(rig.host.group_members(rig.group_of(example::pair_b))->size() == 1);
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 1);
  CHECK(rig.group_of(example::pair_a) == rig.group_of(example::pair_b));
  CHECK(rig.host.group_members(rig.group_of(example::pair_b))->size() == 2);
}

TEST_CASE("virtual functions come with a group, a device set and a driver of their own, and leave together") {
  HotplugRig rig;
  const std::size_t before = rig.host.devices()->size();
  REQUIRE(rig.set_num_vfs(2) == "ok");
  CHECK(*rig.hotplug.num_vfs(rig.root.assume(), example::physical) == 2);
  CHECK(rig.host.devices()->size() == before + 2);
  CHECK(rig.driver_of(example::virtual_a) == "igbvf");
  CHECK(rig.group_of(example::virtual_a) != rig.group_of(example::physical));
  CHECK(rig.group_of(example::virtual_a) != rig.group_of(example::virtual_b));
  CHECK(rig.host.machine().find(example::virtual_a)->device_set !=
        rig.host.machine().find(example::virtual_b)->device_set);
  CHECK(answer(rig.host.reset_function(rig.root.assume(), example::virtual_a)) == "ok");
  REQUIRE(rig.set_num_vfs(0) == "ok");
  CHECK(rig.host.devices()->size() == before);
  CHECK_FALSE(rig.there(example::virtual_a));
  REQUIRE(rig.set_num_vfs(4) == "ok");
  CHECK(rig.host.devices()->size() == before + 4);
}

TEST_CASE("a physical function that is removed or unbound takes its virtual ones along") {
  HotplugRig rig;
  REQUIRE(rig.set_num_vfs(3) == "ok");
  REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::physical)) == "ok");
  CHECK(rig.there(example::physical));
  CHECK_FALSE(rig.there(example::virtual_a));
  REQUIRE(answer(rig.host.bind(rig.root.assume(), example::physical, "igb")) == "ok");
  REQUIRE(rig.set_num_vfs(3) == "ok");
  REQUIRE(rig.remove(example::sriov_root) == "ok");
  CHECK_FALSE(rig.there(example::physical));
  CHECK_FALSE(rig.there(example::virtual_a));
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 2);
  CHECK(*rig.hotplug.num_vfs(rig.root.assume(), example::physical) == 0);
}

// As in Linux 6.1 and 6.12, where it then races with whoever walks the list of the bus under that lock.
TEST_CASE("an unbind takes the virtual functions away although somebody else has the lock of the topology") {
  HotplugRig rig;
  REQUIRE(rig.set_num_vfs(2) == "ok");
  const Elsewhere held(rig.host.machine().rescan_lock);
  CHECK(answer(rig.host.unbind(rig.root.assume(), example::physical)) == "ok");
  CHECK_FALSE(rig.there(example::virtual_a));
  CHECK_FALSE(rig.there(example::virtual_b));
}

TEST_CASE("a virtual function is not removed by itself, and leaves with the port above it") {
  HotplugRig rig;
  REQUIRE(rig.set_num_vfs(2) == "ok");
  CHECK(rig.remove(example::virtual_a) == "ENOTTY unsupported");
  CHECK(rig.driver_of(example::virtual_a) == "igbvf");
  CHECK(*rig.hotplug.num_vfs(rig.root.assume(), example::physical) == 2);
  REQUIRE(rig.remove(example::sriov_root) == "ok");
  CHECK_FALSE(rig.there(example::virtual_a));
  CHECK_FALSE(rig.there(example::virtual_b));
}

// As nvme and pci-pf-stub: asked of Linux 6.1 and 6.12 with a function that has SR-IOV.
TEST_CASE("a driver that keeps the virtual functions leaves them as they are when it is unbound") {
  HotplugRig rig;
  rig.give(example::physical, "pci-pf-stub");
  REQUIRE(rig.set_num_vfs(2) == "ok");
  REQUIRE(rig.driver_of(example::virtual_a) == "igbvf");
  REQUIRE(answer(rig.host.unbind(rig.root.assume(), example::physical)) == "ok");
  CHECK(rig.driver_of(example::physical).empty());
  CHECK(rig.driver_of(example::virtual_a) == "igbvf");
  CHECK(*rig.hotplug.num_vfs(rig.root.assume(), example::physical) == 2);
  // Without a driver their number stays what it is.
  CHECK(rig.set_num_vfs(2) == "ok");
  CHECK(rig.set_num_vfs(0) == "ENOENT gone");
  CHECK(rig.set_num_vfs(3) == "ENOENT gone");
  // VFIO does not take it; drivers_probe says nothing of it.
  rig.root.assume();
  REQUIRE(answer(rig.host.set_driver_override(rig.root, example::physical, "vfio-pci")) == "ok");
  CHECK(answer(rig.host.bind(rig.root, example::physical, "vfio-pci")) == "EBUSY held");
  CHECK(answer(rig.host.probe(rig.root, example::physical)) == "ok");
  CHECK(rig.driver_of(example::physical).empty());
  CHECK(rig.there(example::virtual_b));
  // A driver that supports it finds them, and takes them away when asked.
  rig.give(example::physical, "igb");
  CHECK(rig.driver_of(example::virtual_a) == "igbvf");
  CHECK(rig.set_num_vfs(3) == "EBUSY held");
  REQUIRE(rig.set_num_vfs(0) == "ok");
  CHECK_FALSE(rig.there(example::virtual_a));
  rig.give(example::physical, "vfio-pci");
}

TEST_CASE("an unbind that keeps the virtual functions does not wait for the descriptor of one") {
  HotplugRig rig;
  rig.give(example::physical, "pci-pf-stub");
  REQUIRE(rig.set_num_vfs(2) == "ok");
  rig.give(example::virtual_b, "vfio-pci");
  auto session = rig.open(example::virtual_b);
  std::string removed;
  std::thread remover([&] {
    vfio::ThreadContext other;
    removed = answer(rig.host.unbind(other.assume(), example::virtual_b));
  });
  rig.observer.await_unbind_wait(example::virtual_b);  // holds the device_lock of virtual_b
  CHECK(answer(rig.host.unbind(rig.root.assume(), example::physical)) == "ok");
  REQUIRE(answer(session.device.close(rig.root.assume())) == "ok");
  remover.join();
  CHECK(removed == "ok");
  CHECK(rig.there(example::virtual_b));
  // The remove of the function itself takes them along, whatever its driver did.
  REQUIRE(rig.remove(example::physical) == "ok");
  CHECK_FALSE(rig.there(example::virtual_b));
  CHECK(*rig.hotplug.rescan(rig.root.assume()) == 1);
  CHECK(rig.set_num_vfs(2) == "ok");
}

TEST_CASE("virtual functions that do not all fit do not come at all") {
  HotplugRig rig;
  REQUIRE(answer(rig.host.machine().add({.address = example::virtual_b, .bridge = example::sriov_root})) == "ok");
  CHECK(rig.set_num_vfs(2) == "EEXIST held");
  CHECK_FALSE(rig.there(example::virtual_a));
  CHECK(*rig.hotplug.num_vfs(rig.root.assume(), example::physical) == 0);
}

TEST_CASE(
    "taking virtual functions away waits for the open descriptor of one, with the PF's lock and that of the topology "
    "held") {
  HotplugRig rig;
  REQUIRE(rig.set_num_vfs(2) == "ok");
  rig.give(example::virtual_b, "vfio-pci");
  auto session = rig.open(example::virtual_b);
  std::string removed;
  std::thread remover([&] {
    vfio::ThreadContext other;
    removed = answer(rig.hotplug.set_num_vfs(other.assume(), example::physical, 0));
  });
  rig.observer.await_unbind_wait(example::virtual_b);
  CHECK(answer(rig.host.try_reset_function(example::physical)) == "EAGAIN contended");
  CHECK(answer(rig.host.try_reset_bus(example::sriov_root)) == "EAGAIN contended");
  CHECK(answer(session.device.reset(rig.root.assume())) == "EAGAIN contended");
  std::string rescanned;
  std::thread rescanner([&] {
    vfio::ThreadContext other;
    rescanned = answer(rig.hotplug.rescan(other.assume()));
  });
  rig.host.machine().waits_for_rescan.await_at_least(1U);
  CHECK(rescanned.empty());
  REQUIRE(answer(session.device.close(rig.root.assume())) == "ok");
  remover.join();
  rescanner.join();
  CHECK(removed == "ok");
  CHECK(rescanned == "ok");
  CHECK_FALSE(rig.there(example::virtual_b));
}

TEST_CASE("who waited for a function that left is told so") {
  HotplugRig rig;
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  std::string removed;
  std::string bound;
  std::string reset;
  std::thread remover([&] {
    vfio::ThreadContext other;
    removed = answer(rig.hotplug.remove(other.assume(), example::edu));
  });
  rig.observer.await_unbind_wait(example::edu);
  std::thread binder([&] {
    vfio::ThreadContext other;
    bound = answer(rig.host.bind(other.assume(), example::edu, "vfio-pci"));
  });
  rig.observer.await_waiting_for_lock(example::edu, 1);
  std::thread resetter([&] {
    vfio::ThreadContext other;
    reset = answer(rig.host.reset_function(other.assume(), example::edu));
  });
  rig.observer.await_waiting_for_lock(example::edu, 2);
  REQUIRE(answer(session.device.close(rig.root.assume())) == "ok");
  remover.join();
  binder.join();
  resetter.join();
  CHECK(removed == "ok");
  CHECK(bound == "ENODEV gone");
  CHECK(reset == "ENODEV gone");
  CHECK_FALSE(rig.there(example::edu));
}

TEST_CASE("a scope that is out of date resets nothing, and a function that came after it is not unlocked") {
  HotplugRig rig;
  auto& machine = rig.host.machine();
  const auto scope = *machine.scope(pci::ScopeKind::subordinate, example::pair_root);
  const pci::Address third{0, 5, 0, 2};
  REQUIRE(answer(machine.add({.address = third, .bridge = example::pair_root})) == "ok");
  sim::ResetTarget<StdSync> target(machine, Operation::reset_bus);
  {
    const Elsewhere held(rig.lock_of(third).device());
    CHECK(answer(pci::try_reset(rig.root.assume(), target, scope)) == "EAGAIN contended");
    CHECK(rig.observer.held_locks().size() == 1);  // that of the other thread, still
  }
  CHECK(rig.observer.observe(example::pair_a).resets == 0);
  CHECK(answer(rig.host.try_reset_bus(example::pair_root)) == "ok");
  CHECK(rig.observer.observe(third).resets == 1);
}

TEST_CASE("a question about a hot reset during which a function comes is answered EAGAIN") {
  HotplugRig rig;
  rig.give(example::pair_a, "vfio-pci");
  rig.give(example::pair_b, "vfio-pci");
  auto session = rig.open(example::pair_a);
  auto& set = *rig.host.machine().find(example::pair_a)->device_set;
  std::string asked;
  std::thread asker;
  {
    const Elsewhere held(set.lock);
    asker = std::thread([&] {
      vfio::ThreadContext other;
      asked = answer(session.device.hot_reset_info(other.assume(), 9));
    });
    set.waits_for_lock.await_at_least(1U);
    REQUIRE(answer(rig.host.machine().add({.address = {0, 5, 0, 2}, .bridge = example::pair_root})) == "ok");
  }
  asker.join();
  CHECK(asked == "EAGAIN contended");
  CHECK(rig.host.devices()->size() == 14);
  CHECK(session.device.hot_reset_info(rig.root.assume(), 9)->size() == 3);
}
