// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

TEST_CASE("a fault strikes its operation, on its function, as often as asked for") {
  sim::Faults<StdSync> faults;
  const pci::Address a{0, 1, 0, 0};
  const pci::Address b{0, 2, 0, 0};
  faults.add(Operation::bind, a, ENOMEM, 2);
  faults.add(Operation::bind, {}, EIO, 1);
  faults.add(Operation::bind, a, 0, 1);
  faults.add(Operation::unbind, a, EIO, 0);
  CHECK(faults.take(Operation::unbind, a) == 0);
  CHECK(faults.take(Operation::bind, b) == EIO);
  CHECK(faults.take(Operation::bind, b) == 0);
  CHECK(faults.take(Operation::bind, a) == ENOMEM);
  CHECK(faults.take(Operation::bind, a) == ENOMEM);
  CHECK(faults.take(Operation::bind, a) == 0);
}

TEST_CASE("every operation fails with the errno asked for, names itself, leaves nothing behind, and works again") {
  Rig rig;
  auto& host = rig.host;
  auto& root = rig.root;
  root.assume();
  rig.give(example::edu, "vfio-pci");
  const auto once = [&](Operation operation, auto run) {
    CAPTURE(to_string(operation));
    const auto before = rig.observer.observe(example::edu).config;
    host.inject(operation, {}, ENOMEM);
    const auto failed = run();
    CHECK(answer(failed) == "ENOMEM exhausted");
    CHECK((!failed && failed.error().operation == operation));
    CHECK(rig.observer.held_locks().empty());
    CHECK(rig.observer.observe(example::edu).config == before);
    auto works = run();
    CHECK(answer(works) == "ok");
    return works;
  };
  once(Operation::enumerate, [&] { return host.devices(); });
  once(Operation::set_driver_override,
       [&] { return host.set_driver_override(root.assume(), example::edu, "vfio-pci"); });
  once(Operation::unbind, [&] { return host.unbind(root.assume(), example::edu); });
  once(Operation::bind, [&] { return host.bind(root.assume(), example::edu, "vfio-pci"); });
  once(Operation::reset_function, [&] { return host.reset_function(root.assume(), example::edu); });
  once(Operation::reset_slot, [&] { return host.try_reset_slot(example::edu); });
  once(Operation::reset_bus, [&] { return host.try_reset_bus(example::edu_root); });
  auto container = once(Operation::open_container, [&] { return host.open_container(); });
  auto group = once(Operation::open_group, [&] { return host.open_group(root.assume(), rig.group_of(example::edu)); });
  once(Operation::group_status, [&] { return group->status(root.assume()); });
  once(Operation::set_container, [&] { return group->set_container(root.assume(), *container); });
  once(Operation::unset_container, [&] { return group->unset_container(root.assume()); });
  REQUIRE(answer(group->set_container(root, *container)) == "ok");
  once(Operation::set_iommu, [&] { return container->set_iommu(root.assume()); });
  auto device = once(Operation::open_device, [&] { return group->open_device(root.assume(), example::edu); });
  once(Operation::reset_device, [&] { return device->reset(root.assume()); });
  once(Operation::watch_unplug, [&] { return device->watch_unplug(root.assume()); });
  auto vm = once(Operation::create_vm, [&] { return host.create_vm(root.assume()); });
  once(Operation::attach_group, [&] { return vm->attach(root.assume(), *group); });
  once(Operation::detach_group, [&] { return vm->detach(root.assume(), *group); });
}

TEST_CASE("a container that a group failed to join is empty, and the group is still free") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto container = rig.open_container();
  rig.host.inject(Operation::set_container, example::edu, EBUSY);
  CHECK(answer(group.set_container(rig.root, container)) == "EBUSY held");
  CHECK(answer(container.set_iommu(rig.root)) == "EINVAL invalid");
  CHECK_FALSE(group.status(rig.root)->container_set);
  CHECK(group.status(rig.root)->viable);
}

TEST_CASE("a device that failed to open is not counted") {
  Rig rig;
  rig.root.assume();
  rig.give(example::edu, "vfio-pci");
  auto group = rig.open_group(example::edu);
  auto container = rig.open_container();
  REQUIRE(answer(group.set_container(rig.root, container)) == "ok");
  REQUIRE(answer(container.set_iommu(rig.root)) == "ok");
  rig.host.inject(Operation::open_device, example::edu, EIO);
  CHECK(answer(group.open_device(rig.root, example::edu)) == "EIO failed");
  CHECK(answer(rig.host.unbind(rig.root, example::edu)) == "ok");  // waits for nobody
}
