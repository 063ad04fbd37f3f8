// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
// One thread plays two here, which the validator would take for what it is.
#define DEVLOCK_VALIDATE 0
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

TEST_CASE("a device opens in a group that has its IOMMU, and only there") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto container = rig.open_container();
  const auto lonely = group.open_device(rig.root, example::edu);
  CHECK(answer(lonely) == "EINVAL invalid");
  CHECK(lonely.error().reason == "the group is in no container");
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  const auto early = group.open_device(rig.root, example::edu);
  CHECK(answer(early) == "EINVAL invalid");
  CHECK(early.error().reason == "the container has no IOMMU yet");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  CHECK(answer(group.open_device(rig.root, example::edu)) == "ok");
}

TEST_CASE("a group opens the functions that are in it and with VFIO") {
  Rig rig;
  rig.root.assume();
  rig.give(example::pair_a, "vfio-pci");
  rig.give(example::edu, "vfio-pci");
  REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
  auto session = rig.open(example::pair_a);
  const auto other = session.group.open_device(rig.root, example::edu);
  CHECK(answer(other) == "ENODEV gone");
  CHECK(other.error().reason == "no such function is in the group");
  const auto unbound = session.group.open_device(rig.root, example::pair_b);
  CHECK(answer(unbound) == "ENODEV gone");
  CHECK(unbound.error().reason == "the function is not bound to a VFIO driver");
  CHECK(answer(session.group.open_device(rig.root, {0, 0x7f, 0, 0})) == "ENODEV gone");
}

TEST_CASE("the first open enables and resets the function, the last close resets and disables it") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  const auto before = rig.observer.observe(example::edu);
  CHECK(before.config.bar != 0);
  auto session = rig.open(example::edu);
  auto now = rig.observer.observe(example::edu);
  CHECK(now.config.command == sim::ConfigSpace::memory_and_master);
  CHECK(now.config.bar == before.config.bar);
  CHECK(now.resets == before.resets + 1);

  auto second = rig.open_device(session.group, example::edu);
  CHECK(rig.observer.observe(example::edu).resets == now.resets);
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  CHECK(rig.observer.observe(example::edu) == now);
  REQUIRE(answer(second.close(rig.root)) == "ok");
  now = rig.observer.observe(example::edu);
  CHECK(now.config == before.config);
  CHECK(now.resets == before.resets + 2);
  CHECK_FALSE(now.saved);
}

TEST_CASE("a reset is seen in the function and leaves its state as it was") {
  Rig rig;
  rig.root.assume();
  rig.give(example::card, "vfio-pci");
  auto session = rig.open(example::card);
  const auto before = rig.observer.observe(example::card);
  REQUIRE(answer(session.device.reset(rig.root)) == "ok");
  const auto after = rig.observer.observe(example::card);
  CHECK(after.resets == before.resets + 1);
  CHECK(after.saves == before.saves + 1);
  CHECK(after.restores == before.restores + 1);
  CHECK(after.config == before.config);
}

TEST_CASE("a function without a reset says so") {
  auto plan = sim::example_blueprint();
  const pci::Address stuck{0, 6, 1, 0};
  plan.function({.address = stuck,
                 .bridge = example::edu_root,
                 .vendor = 1,
                 .device = 2,
                 .class_code = 3,
                 .resettable = false,
                 .iommu_group = {}});
  auto host = sim::Host::make(plan);
  REQUIRE(answer(host) == "ok");
  vfio::ThreadContext root;
  REQUIRE(answer(host->set_driver_override(root, stuck, "vfio-pci")) == "ok");
  REQUIRE(answer(host->bind(root, stuck, "vfio-pci")) == "ok");
  auto group = host->open_group(root, host->device(stuck)->iommu_group);
  auto container = host->open_container();
  REQUIRE(answer(group->set_container(root, *container)) == "ok");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  auto device = group->open_device(root, stuck);
  REQUIRE(answer(device) == "ok");
  CHECK(answer(device->reset(root)) == "EINVAL unsupported");
  CHECK(device->reset(root).error().operation == Operation::reset_device);
  CHECK(answer(host->reset_function(root, stuck)) == "ENOTTY unsupported");
  CHECK(sim::Observer(*host).observe(stuck).resets == 0);
}

TEST_CASE("a closed device answers EBADF, and a moved one works on in its new place") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  auto device = std::move(session.device);
  CHECK(answer(session.device.reset(rig.root)) == "EBADF invalid");
  CHECK(answer(device.reset(rig.root)) == "ok");
  REQUIRE(answer(device.close(rig.root)) == "ok");
  CHECK(device.address() == example::edu);
  CHECK(answer(device.reset(rig.root)) == "EBADF invalid");
  CHECK(answer(device.watch_unplug(rig.root)) == "EBADF invalid");
  CHECK(answer(device.unplug_requested()) == "EBADF invalid");
  CHECK(answer(device.close(rig.root)) == "EBADF invalid");
}

TEST_CASE("an open device keeps its group: closing the handle first frees nothing") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  const int id = session.group.id();
  REQUIRE(answer(session.group.close(rig.root)) == "ok");
  CHECK(answer(rig.host.open_group(rig.root, id)) == "EBUSY held");
  CHECK(answer(session.device.reset(rig.root)) == "ok");
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  CHECK(answer(rig.host.open_group(rig.root, id)) == "ok");
}

TEST_CASE("destructors close what was not closed, in any order") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  const int id = rig.group_of(example::edu);
  {
    auto session = rig.open(example::edu);
    const auto device_last = std::move(session.device);
  }
  {
    auto device = [&] {
      auto session = rig.open(example::edu);
      return std::move(session.device);
    }();
    CHECK(answer(device.reset(rig.root)) == "ok");
    CHECK(answer(rig.host.open_group(rig.root, id)) == "EBUSY held");
  }
  CHECK(answer(rig.host.open_group(rig.root, id)) == "ok");
  CHECK(rig.host.machine().find(example::edu)->group->ownership.users(rig.root) == 0);
}

TEST_CASE("assigning to a device closes the one that was there") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  rig.give(example::switch_edu, "vfio-pci");
  auto first = rig.open(example::edu);
  auto second = rig.open(example::switch_edu);
  first.device = std::move(second.device);
  CHECK(first.device.address() == example::switch_edu);
  CHECK(answer(first.group.unset_container(rig.root)) == "ok");
}

TEST_CASE("nobody is told of an unplug who did not ask, and nobody before there is one") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  CHECK(answer(session.device.unplug_requested()) == "EINVAL invalid");
  REQUIRE(answer(session.device.watch_unplug(rig.root)) == "ok");
  REQUIRE(answer(session.device.watch_unplug(rig.root)) == "ok");
  CHECK_FALSE(*session.device.unplug_requested());
}

TEST_CASE("a lock that is taken makes the reset at the first open contended, and undoes the open") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto container = rig.open_container();
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  const auto before = rig.observer.observe(example::edu);
  {
    Guard held{rig.root, rig.host.machine().find(example::edu)->lock().device()};
    UncheckedContext<vfio::VfioOrder> elsewhere("another thread's open, which does not wait for that lock");
    CHECK(answer(group.open_device(elsewhere, example::edu)) == "EAGAIN contended");
  }
  CHECK(rig.observer.observe(example::edu) == before);
  CHECK(answer(group.unset_container(rig.root)) == "ok");  // no device was counted
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  CHECK(answer(group.open_device(rig.root, example::edu)) == "ok");
}
