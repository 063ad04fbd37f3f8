// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {
sim::Vm<StdSync> create_vm(Rig& rig) {
  rig.root.assume();
  auto vm = rig.host.create_vm(rig.root);
  REQUIRE(answer(vm) == "ok");
  return std::move(*vm);
}
}  // namespace

TEST_CASE("a VM takes a group once and gives it back once") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto vm = create_vm(rig);
  CHECK(answer(vm.detach(rig.root, group)) == "ENOENT gone");
  CHECK(answer(vm.attach(rig.root, group)) == "ok");
  CHECK(answer(vm.attach(rig.root, group)) == "EEXIST held");
  CHECK(answer(vm.detach(rig.root, group)) == "ok");
  CHECK(answer(vm.detach(rig.root, group)) == "ENOENT gone");
}

TEST_CASE("a closed group and a closed VM answer EBADF") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto vm = create_vm(rig);
  REQUIRE(answer(vm.close(rig.root)) == "ok");
  CHECK(answer(vm.close(rig.root)) == "ok");
  CHECK(answer(vm.attach(rig.root, group)) == "EBADF invalid");
  auto other = create_vm(rig);
  REQUIRE(answer(group.close(rig.root)) == "ok");
  CHECK(answer(other.attach(rig.root, group)) == "EBADF invalid");
  CHECK(answer(other.detach(rig.root, group)) == "EBADF invalid");
}

TEST_CASE("a VM keeps the groups attached to it open") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  const int id = rig.group_of(example::edu);
  auto vm = create_vm(rig);
  {
    auto group = rig.open_group(example::edu);
    REQUIRE(answer(vm.attach(rig.root, group)) == "ok");
  }
  CHECK(answer(rig.host.open_group(rig.root, id)) == "EBUSY held");
  SECTION("until it is closed") {
    REQUIRE(answer(vm.close(rig.root)) == "ok");
  }
  SECTION("until another VM takes its place") {
    vm = create_vm(rig);
  }
  SECTION("until it is destroyed") {
    const auto last = std::move(vm);
    CHECK(answer(rig.host.open_group(rig.root, id)) == "EBUSY held");
  }
  CHECK(answer(rig.host.open_group(rig.root, id)) == "ok");
}

TEST_CASE("an open device refers to the VM that its group is attached to, from the first open to the last close") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  auto& function = *rig.host.machine().find(example::edu);
  CHECK(function.vfio->opens.vm() == nullptr);
  REQUIRE(answer(session.device.close(rig.root)) == "ok");

  auto vm = create_vm(rig);
  REQUIRE(answer(vm.attach(rig.root, session.group)) == "ok");
  auto device = rig.open_device(session.group, example::edu);
  auto second = rig.open_device(session.group, example::edu);
  CHECK(function.vfio->opens.vm() != nullptr);
  REQUIRE(answer(vm.close(rig.root)) == "ok");  // the device's reference keeps what is left of it
  CHECK(function.vfio->opens.vm() != nullptr);
  CHECK(function.vfio->group->kvm.get(rig.root) == nullptr);
  CHECK(rig.host.machine().vms->value() == 1);
  REQUIRE(answer(device.close(rig.root)) == "ok");
  CHECK(function.vfio->opens.vm() != nullptr);
  REQUIRE(answer(second.close(rig.root)) == "ok");
  CHECK(function.vfio->opens.vm() == nullptr);
  CHECK(rig.host.machine().vms->value() == 0);  // the last put was that of the last close
}

TEST_CASE("a VM has one kvm-vfio device at a time") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto vm = create_vm(rig);
  CHECK(answer(vm.create_device(rig.root)) == "EBUSY held");
  REQUIRE(answer(vm.attach(rig.root, group)) == "ok");
  REQUIRE(answer(vm.close_device(rig.root)) == "ok");
  CHECK(answer(vm.close_device(rig.root)) == "ok");
  CHECK(answer(vm.attach(rig.root, group)) == "EBADF invalid");
  CHECK(answer(vm.detach(rig.root, group)) == "EBADF invalid");
  REQUIRE(answer(vm.create_device(rig.root)) == "ok");
  CHECK(answer(vm.detach(rig.root, group)) == "ENOENT gone");
  CHECK(answer(vm.attach(rig.root, group)) == "ok");
  REQUIRE(answer(vm.close(rig.root)) == "ok");
  CHECK(answer(vm.create_device(rig.root)) == "EBADF invalid");
  CHECK(answer(vm.close_device(rig.root)) == "EBADF invalid");
  CHECK(rig.host.machine().vms->value() == 0);
}

TEST_CASE("what is no group is not attached") {
  Rig rig;
  rig.root.assume();
  auto vm = create_vm(rig);
  auto container = rig.host.open_container();
  REQUIRE(answer(container) == "ok");
  CHECK(answer(vm.attach(rig.root, *container)) == "EINVAL invalid");
  REQUIRE(answer(container->close()) == "ok");
  CHECK(answer(vm.attach(rig.root, *container)) == "EBADF invalid");
}

TEST_CASE("an open that fails keeps no VM") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  auto vm = create_vm(rig);
  REQUIRE(answer(vm.attach(rig.root, session.group)) == "ok");
  rig.host.inject(Operation::open_device, example::edu, EIO);
  CHECK(answer(session.group.open_device(rig.root, example::edu)) == "EIO failed");
  REQUIRE(answer(vm.close(rig.root)) == "ok");
  CHECK(rig.host.machine().vms->value() == 0);
}

TEST_CASE("a group that is attached again belongs to the VM that came last") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto session = rig.open(example::edu);
  REQUIRE(answer(session.device.close(rig.root)) == "ok");
  auto first = create_vm(rig);
  auto second = create_vm(rig);
  REQUIRE(answer(first.attach(rig.root, session.group)) == "ok");
  REQUIRE(answer(second.attach(rig.root, session.group)) == "ok");
  REQUIRE(answer(first.detach(rig.root, session.group)) == "ok");
  CHECK(answer(second.detach(rig.root, session.group)) == "ok");
}
