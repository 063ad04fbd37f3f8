// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

TEST_CASE("a group has a node only while a function of it is with VFIO") {
  Rig rig;
  rig.root.assume();
  CHECK(answer(rig.host.open_group(rig.root, rig.group_of(example::card))) == "ENOENT gone");
  rig.give(example::card, "vfio-pci");
  CHECK(answer(rig.host.open_group(rig.root, rig.group_of(example::card))) == "ok");
  REQUIRE(answer(rig.host.unbind(rig.root, example::card)) == "ok");
  CHECK(answer(rig.host.open_group(rig.root, rig.group_of(example::card))) == "ENOENT gone");
}

TEST_CASE("a group is open once") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  CHECK(answer(rig.host.open_group(rig.root, group.id())) == "EBUSY held");
  REQUIRE(answer(group.close(rig.root)) == "ok");
  CHECK(answer(group.close(rig.root)) == "ok");
  CHECK(answer(rig.host.open_group(rig.root, group.id())) == "ok");
}

TEST_CASE("a group with a function at a host driver is not viable, and the error names function and driver") {
  Rig rig;
  rig.root.assume();
  rig.give(example::pair_a, "vfio-pci");
  auto group = rig.open_group(example::pair_a);
  auto container = rig.open_container();
  CHECK_FALSE(group.status(rig.root)->viable);
  const auto refused = group.set_container(rig.root, container);
  CHECK(answer(refused) == "EPERM not owned");
  CHECK(refused.error().object == "group " + std::to_string(group.id()));
  CHECK_THAT(refused.error().reason, Catch::Matchers::Contains("0000:05:00.1") && Catch::Matchers::Contains("e1000e"));
  CHECK_FALSE(group.status(rig.root)->container_set);

  SECTION("it is viable once that function has no driver") {
    REQUIRE(answer(rig.host.unbind(rig.root, example::pair_b)) == "ok");
  }
  SECTION("it is viable once that function is with VFIO too") {
    rig.give(example::pair_b, "vfio-pci");
  }
  SECTION("it is viable once that function is with a driver that does no DMA") {
    rig.give(example::pair_b, "pci-stub");
  }
  CHECK(group.status(rig.root)->viable);
  CHECK(answer(group.set_container(rig.root, container)) == "ok");
  const auto status = *group.status(rig.root);
  CHECK(status.viable);
  CHECK(status.container_set);
}

TEST_CASE("a group joins one container and leaves it when no device is open") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto container = rig.open_container();
  auto other = rig.open_container();
  CHECK(answer(group.unset_container(rig.root)) == "EINVAL invalid");
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  CHECK(answer(group.set_container(rig.root, container)) == "EINVAL invalid");
  CHECK(answer(group.set_container(rig.root, other)) == "EINVAL invalid");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  auto device = rig.open_device(group, example::edu);
  CHECK(answer(group.unset_container(rig.root)) == "EBUSY held");
  REQUIRE(answer(device.close(rig.root)) == "ok");
  CHECK(answer(group.unset_container(rig.root)) == "ok");
  CHECK_FALSE(group.status(rig.root)->container_set);
  CHECK(answer(group.set_container(rig.root, other)) == "ok");
}

TEST_CASE("a container gets its IOMMU once, after the first group, and loses it with the last") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  rig.give(example::switch_edu, "vfio-pci");
  auto container = rig.open_container();
  CHECK(answer(container.set_iommu(rig.root)) == "EINVAL invalid");
  auto first = rig.open_group(example::edu);
  auto second = rig.open_group(example::switch_edu);
  REQUIRE(answer(first.set_container(rig.root, container)) == "ok");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  CHECK(answer(container.set_iommu(rig.root)) == "EINVAL invalid");
  REQUIRE(answer(second.set_container(rig.root, container)) == "ok");
  CHECK(answer(second.open_device(rig.root, example::switch_edu)) == "ok");

  REQUIRE(answer(first.unset_container(rig.root)) == "ok");
  CHECK(answer(second.open_device(rig.root, example::switch_edu)) == "ok");
  REQUIRE(answer(second.unset_container(rig.root)) == "ok");
  REQUIRE(answer(first.set_container(rig.root, container)) == "ok");
  CHECK(answer(first.open_device(rig.root, example::edu)) == "EINVAL invalid");
}

TEST_CASE("a container lives on in its group when its own handle is closed") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  REQUIRE(answer(session.container.close()) == "ok");
  CHECK(answer(session.container.set_iommu(rig.root)) == "EBADF invalid");
  CHECK(answer(session.device.reset(rig.root)) == "ok");
}

TEST_CASE("a closed group answers EBADF") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto container = rig.open_container();
  auto closed = rig.open_container();
  REQUIRE(answer(closed.close()) == "ok");
  CHECK(answer(group.set_container(rig.root, closed)) == "EBADF invalid");
  REQUIRE(answer(group.close(rig.root)) == "ok");
  CHECK(answer(group.status(rig.root)) == "EBADF invalid");
  CHECK(answer(group.set_container(rig.root, container)) == "EBADF invalid");
  CHECK(answer(group.unset_container(rig.root)) == "EBADF invalid");
  CHECK(answer(group.open_device(rig.root, example::edu)) == "EBADF invalid");
}

TEST_CASE("a descriptor that outlives the group's last VFIO device is dead, and a new group starts afresh") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto old = rig.open_group(example::edu);
  auto container = rig.open_container();
  REQUIRE(answer(old.set_container(rig.root, container)) == "ok");
  auto& ownership = rig.host.machine().find(example::edu)->group->ownership;
  CHECK(ownership.users(rig.root) == 1);
  REQUIRE(answer(rig.host.unbind(rig.root, example::edu)) == "ok");
  CHECK(ownership.users(rig.root) == 0);
  CHECK(answer(old.status(rig.root)) == "ENODEV gone");
  CHECK(answer(old.set_container(rig.root, container)) == "ENODEV gone");
  CHECK(answer(old.open_device(rig.root, example::edu)) == "ENODEV gone");

  REQUIRE(answer(rig.host.bind(rig.root, example::edu, "vfio-pci")) == "ok");
  auto fresh = rig.open_group(example::edu);
  CHECK(fresh.status(rig.root)->viable);
  REQUIRE(answer(fresh.set_container(rig.root, container)) == "ok");
  REQUIRE(answer(old.close(rig.root)) == "ok");
  CHECK(fresh.status(rig.root)->container_set);
  CHECK(answer(rig.host.open_group(rig.root, fresh.id())) == "EBUSY held");
}
