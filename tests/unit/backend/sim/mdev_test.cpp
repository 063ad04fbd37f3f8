// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Mediated devices of the simulator: the answers of their files, and what waits for what.
#include "devlock/backend/sim/mdev_bus.hpp"

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

constexpr const char* first = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
constexpr const char* second = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";
constexpr const char* third = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003";

// A host with a parent of two instances.
struct Mdevs {
  explicit Mdevs(const vfio::ThreadContext& root) DEVLOCK_REQUIRES(root) {
    (void)root;
    REQUIRE(answer(bus.register_parent("mtty", 2)) == "ok");
  }
  int group_of(const vfio::ThreadContext& root, const std::string& uuid) DEVLOCK_REQUIRES(root) {
    for (const sim::MdevInfo& one : bus.devices(root)) {
      if (one.uuid == uuid) {
        return one.group;
      }
    }
    return -1;
  }
  sim::MdevGroupHandle<StdSync> open_group(const vfio::ThreadContext& root, const std::string& uuid)
      DEVLOCK_REQUIRES(root) {
    auto group = bus.open_group(root, group_of(root, uuid));
    REQUIRE(answer(group) == "ok");
    auto container = host.open_container();
    REQUIRE(answer(container) == "ok");
    REQUIRE(answer(group->set_container(root, *container)) == "ok");
    REQUIRE(answer(container->set_iommu(root)) == "ok");
    return std::move(*group);
  }
  void expect_available(const vfio::ThreadContext& root, unsigned expected) DEVLOCK_REQUIRES(root) {
    const auto available = bus.available(root, "mtty");
    REQUIRE(answer(available) == "ok");
    CHECK(*available == expected);
    CHECK(*available + bus.devices(root).size() == 2);
  }

  sim::Host host = sim::example_host();
  sim::MdevBus<StdSync> bus;
};

}  // namespace

TEST_CASE("create answers as Linux does: EINVAL, EEXIST, EUSERS, ENODEV") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  CHECK(answer(mdevs.bus.create(root, "mtty", "no uuid")) == "EINVAL invalid");
  CHECK(answer(mdevs.bus.create(root, "mtty", "")) == "EINVAL invalid");
  CHECK(answer(mdevs.bus.create(root, "none", first)) == "ENODEV gone");
  CHECK(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  CHECK(answer(mdevs.bus.create(root, "mtty", std::string(first) + "\n")) == "EEXIST held");
  CHECK(answer(mdevs.bus.create(root, "mtty", second)) == "ok");
  CHECK(answer(mdevs.bus.create(root, "mtty", third)) == "EUSERS exhausted");
  CHECK(mdevs.group_of(root, first) != mdevs.group_of(root, second));
  mdevs.expect_available(root, 0);
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
  CHECK(answer(mdevs.bus.create(root, "mtty", third)) == "ENODEV gone");
}

TEST_CASE("remove answers as Linux does: EINVAL, ENOENT, nothing for 0") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  CHECK(answer(mdevs.bus.remove(root, first, "x")) == "EINVAL invalid");
  CHECK(answer(mdevs.bus.remove(root, first, "")) == "EINVAL invalid");
  CHECK(answer(mdevs.bus.remove(root, first, "0")) == "ok");
  mdevs.expect_available(root, 1);
  CHECK(answer(mdevs.bus.remove(root, second)) == "ENOENT gone");
  CHECK(answer(mdevs.bus.remove(root, "no uuid")) == "ENOENT gone");
  CHECK(answer(mdevs.bus.remove(root, first)) == "ok");
  CHECK(answer(mdevs.bus.remove(root, first)) == "ENOENT gone");
  mdevs.expect_available(root, 2);
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}

TEST_CASE("a parent registers once, and is gone when it unregistered") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  CHECK(answer(mdevs.bus.register_parent("mtty", 1)) == "EEXIST held");
  CHECK(answer(mdevs.bus.register_parent("", 1)) == "EINVAL invalid");
  CHECK(answer(mdevs.bus.register_parent("a/b", 1)) == "EINVAL invalid");
  CHECK(answer(mdevs.bus.unregister_parent(root, "none")) == "ENODEV gone");
  CHECK(answer(mdevs.bus.available(root, "none")) == "ENODEV gone");
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  CHECK(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
  CHECK(mdevs.bus.devices(root).empty());
  CHECK(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ENODEV gone");
  CHECK(answer(mdevs.bus.register_parent("mtty", 2)) == "ok");
  CHECK(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  CHECK(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}

TEST_CASE("a creation that fails at any of its steps leaves nothing behind") {
  vfio::ThreadContext root;
  for (const sim::MdevStep step :
       {sim::MdevStep::allocate, sim::MdevStep::name, sim::MdevStep::attach, sim::MdevStep::files}) {
    INFO(static_cast<int>(step));
    Mdevs mdevs(root);
    mdevs.bus.inject(step, ENOMEM);
    CHECK(answer(mdevs.bus.create(root, "mtty", first)) == "ENOMEM exhausted");
    mdevs.expect_available(root, 2);
    CHECK(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
    REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
  }
}

TEST_CASE("a device is opened through its group, once the group is open, and only that device") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  REQUIRE(answer(mdevs.bus.create(root, "mtty", second)) == "ok");
  CHECK(answer(mdevs.bus.open_group(root, -1)) == "ENOENT gone");
  {
    auto group = mdevs.open_group(root, first);
    CHECK(answer(mdevs.bus.open_group(root, mdevs.group_of(root, first))) == "EBUSY held");
    CHECK(answer(group.open_device(root, "no uuid")) == "EINVAL invalid");
    CHECK(answer(group.open_device(root, second)) == "ENODEV gone");
    mdevs.bus.inject(sim::MdevStep::open, EIO);
    CHECK(answer(group.open_device(root, first)) == "EIO failed");
    auto device = group.open_device(root, first);
    REQUIRE(answer(device) == "ok");
    REQUIRE(answer(group.close(root)) == "ok");
    CHECK(answer(group.open_device(root, first)) == "EBADF invalid");
    CHECK(answer(mdevs.bus.open_group(root, mdevs.group_of(root, first))) == "EBUSY held");  // the device keeps it
    CHECK(answer(device->close(root)) == "ok");
    CHECK(answer(device->close(root)) == "EBADF invalid");
    CHECK(answer(device->has_vm(root)) == "EBADF invalid");
  }
  {
    auto group = mdevs.open_group(root, first);
    REQUIRE(answer(mdevs.bus.remove(root, first)) == "ok");
    CHECK(answer(group.open_device(root, first)) == "ENODEV gone");
  }
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}

TEST_CASE("a removal waits for the descriptor of its device, and so does unregister") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  const bool whole_parent = GENERATE(false, true);
  auto group = mdevs.open_group(root, first);
  auto device = group.open_device(root, first);
  REQUIRE(answer(device) == "ok");
  std::atomic<bool> closed{false};
  bool closed_first = false;
  std::string answered;
  std::thread remover([&] {
    vfio::ThreadContext own;
    answered = whole_parent ? answer(mdevs.bus.unregister_parent(own, "mtty")) : answer(mdevs.bus.remove(own, first));
    closed_first = closed.load();
  });
  CHECK(mdevs.bus.await_removal_wait(root, first));
  CHECK(answer(group.open_device(root, first)) == "ENODEV gone");
  CHECK(answer(mdevs.bus.create(root, "mtty", first)) == "EEXIST held");
  if (whole_parent) {
    CHECK(answer(mdevs.bus.create(root, "mtty", second)) == "ENODEV gone");
    CHECK(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ENODEV gone");
    CHECK(answer(mdevs.bus.register_parent("mtty", 2)) == "EEXIST held");
  }
  closed.store(true);
  REQUIRE(answer(device->close(root)) == "ok");
  remover.join();
  CHECK(answered == "ok");
  CHECK(closed_first);
  CHECK(mdevs.bus.devices(root).empty());
  CHECK((whole_parent || answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok"));
}

TEST_CASE("of two writers to a remove file the loser gets success, once the device is gone") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  auto group = mdevs.open_group(root, first);
  auto device = group.open_device(root, first);
  REQUIRE(answer(device) == "ok");
  std::string answers[2];
  std::thread writers[2];
  for (int i = 0; i != 2; ++i) {
    writers[i] = std::thread([&, i] {
      vfio::ThreadContext own;
      answers[i] = answer(mdevs.bus.remove(own, first));
    });
  }
  CHECK(mdevs.bus.await_removal_wait(root, first));
  REQUIRE(answer(device->close(root)) == "ok");
  for (std::thread& writer : writers) {
    writer.join();
  }
  // The second is a loser, or came when the file was taken away, or when the device was released.
  const auto is_an_answer = [](const std::string& one) {
    return one == "ok" || one == "ENODEV gone" || one == "ENOENT gone";
  };
  CHECK((answers[0] == "ok" || answers[1] == "ok"));
  CHECK(is_an_answer(answers[0]));
  CHECK(is_an_answer(answers[1]));
  mdevs.expect_available(root, 2);
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}

TEST_CASE("an open mediated device keeps its VM, and its last close destroys it") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  {
    auto group = mdevs.open_group(root, first);
    auto vm = mdevs.host.create_vm(root);
    REQUIRE(answer(vm) == "ok");
    CHECK(answer(vm->detach(root, group)) == "ENOENT gone");
    REQUIRE(answer(vm->attach(root, group)) == "ok");
    CHECK(answer(vm->attach(root, group)) == "EEXIST held");
    auto device = group.open_device(root, first);
    REQUIRE(answer(device) == "ok");
    CHECK(*device->has_vm(root));
    REQUIRE(answer(vm->close(root)) == "ok");
    CHECK(answer(vm->attach(root, group)) == "EBADF invalid");
    CHECK(mdevs.host.machine().vms->value() == 1);
    auto again = group.open_device(root, first);
    REQUIRE(answer(again) == "ok");
    CHECK(*again->has_vm(root));
    REQUIRE(answer(device->close(root)) == "ok");
    CHECK(mdevs.host.machine().vms->value() == 1);
    REQUIRE(answer(again->close(root)) == "ok");
    CHECK(mdevs.host.machine().vms->value() == 0);
    auto without = group.open_device(root, first);
    REQUIRE(answer(without) == "ok");
    CHECK_FALSE(*without->has_vm(root));
    REQUIRE(answer(group.close(root)) == "ok");
    auto other = mdevs.host.create_vm(root);
    REQUIRE(answer(other) == "ok");
    CHECK(answer(other->attach(root, group)) == "EBADF invalid");
    CHECK(answer(other->detach(root, group)) == "EBADF invalid");
  }
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}

TEST_CASE("creations and removals race with the end of their parent, and nothing is left of them") {
  for (int round = 0; round != 50; ++round) {
    vfio::ThreadContext root;
    Mdevs mdevs(root);
    std::vector<std::thread> threads;
    for (const char* uuid : {first, second, first}) {
      threads.emplace_back([&mdevs, uuid] {
        vfio::ThreadContext own;
        for (int i = 0; i != 10; ++i) {
          const std::string created = answer(mdevs.bus.create(own, "mtty", uuid));
          const std::string removed = answer(mdevs.bus.remove(own, uuid));
          if (created == "ENODEV gone" && removed == "ENOENT gone") {
            break;
          }
        }
      });
    }
    REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
    CHECK(mdevs.bus.devices(root).empty());
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(mdevs.bus.devices(root).empty());
    REQUIRE(answer(mdevs.bus.register_parent("mtty", 2)) == "ok");
    mdevs.expect_available(root, 2);
    REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
  }
}

TEST_CASE("a character device and the group of its device exclude each other, by a count") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  const int id = mdevs.group_of(root, first);
  CHECK(answer(mdevs.bus.open_cdev(root, second)) == "ENOENT gone");
  {
    auto cdev = mdevs.bus.open_cdev(root, first);
    auto other = mdevs.bus.open_cdev(root, first);
    REQUIRE(answer(cdev) == "ok");
    REQUIRE(answer(other) == "ok");
    {
      auto group = mdevs.open_group(root, first);  // an open that is not bound excludes nobody
      CHECK(answer(cdev->bind(root)) == "EBUSY held");
    }
    mdevs.bus.inject(sim::MdevStep::open, EIO);
    CHECK(answer(cdev->bind(root)) == "EIO failed");
    CHECK(answer(mdevs.bus.open_group(root, id)) == "ok");  // and closed again
    CHECK(answer(cdev->bind(root)) == "ok");
    CHECK(answer(cdev->bind(root)) == "EINVAL invalid");
    CHECK(answer(other->bind(root)) == "EINVAL invalid");
    CHECK(answer(mdevs.bus.open_group(root, id)) == "EBUSY held");
    REQUIRE(answer(cdev->close(root)) == "ok");
    CHECK(answer(cdev->bind(root)) == "EBADF invalid");
    CHECK(answer(cdev->has_vm(root)) == "EBADF invalid");
    CHECK(answer(mdevs.bus.open_group(root, id)) == "ok");
    CHECK(answer(other->bind(root)) == "ok");
  }
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}

TEST_CASE("a VM knows a character device like a group, keeps its file open, and its removal waiting") {
  vfio::ThreadContext root;
  Mdevs mdevs(root);
  REQUIRE(answer(mdevs.bus.create(root, "mtty", first)) == "ok");
  auto vm = mdevs.host.create_vm(root);
  auto cdev = mdevs.bus.open_cdev(root, first);
  REQUIRE(answer(vm) == "ok");
  REQUIRE(answer(cdev) == "ok");
  CHECK(answer(vm->detach(root, *cdev)) == "ENOENT gone");
  REQUIRE(answer(vm->attach(root, *cdev)) == "ok");
  CHECK(answer(vm->attach(root, *cdev)) == "EEXIST held");
  REQUIRE(answer(cdev->bind(root)) == "ok");
  CHECK(*cdev->has_vm(root));
  REQUIRE(answer(cdev->close(root)) == "ok");
  CHECK(answer(vm->attach(root, *cdev)) == "EBADF invalid");
  CHECK(answer(vm->detach(root, *cdev)) == "EBADF invalid");
  CHECK(answer(mdevs.bus.open_group(root, mdevs.group_of(root, first))) == "EBUSY held");
  std::string answered;
  std::thread remover([&] {
    vfio::ThreadContext own;
    answered = answer(mdevs.bus.remove(own, first));
  });
  CHECK(mdevs.bus.await_removal_wait(root, first));
  CHECK(answer(mdevs.bus.open_cdev(root, first)) == "ENODEV gone");
  CHECK(mdevs.host.machine().vms->value() == 1);
  REQUIRE(answer(vm->close(root)) == "ok");  // the file goes, and with it the device's reference to the VM
  remover.join();
  CHECK(answered == "ok");
  CHECK(mdevs.host.machine().vms->value() == 0);
  REQUIRE(answer(mdevs.bus.unregister_parent(root, "mtty")) == "ok");
}
