// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The group of a mediated device as its user sees it: containers, what an open device answers, and what a removal leaves.
#include "devlock/backend/sim/mdev_group.hpp"

#include "devlock/backend/sim/mdev_bus.hpp"
#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

constexpr const char* first = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
constexpr const char* second = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";
constexpr const char* third = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003";

// mtty with two ports left, of which two devices use one each.
struct Ports {
  explicit Ports(const vfio::ThreadContext& root, const sim::Profile& profile = {}) DEVLOCK_REQUIRES(root)
      : bus(1000, profile) {
    REQUIRE(answer(bus.register_parent("mtty", 2, {{"mtty-1", 1}, {"mtty-2", 2}})) == "ok");
    for (const char* uuid : {first, second}) {
      REQUIRE(answer(bus.create(root, "mtty", "mtty-1", uuid)) == "ok");
    }
  }
  Ports(const Ports&) = delete;
  Ports& operator=(const Ports&) = delete;
  ~Ports() {
    UncheckedContext<vfio::VfioOrder> context("nobody else is there at the end of a test");
    CHECK(answer(bus.unregister_parent(context, "mtty")) == "ok");
  }
  sim::MdevGroupHandle<StdSync> open_group(const vfio::ThreadContext& root, const std::string& uuid)
      DEVLOCK_REQUIRES(root) {
    for (const sim::MdevInfo& one : bus.devices(root)) {
      if (one.uuid == uuid) {
        auto group = bus.open_group(root, one.group);
        REQUIRE(answer(group) == "ok");
        return std::move(*group);
      }
    }
    FAIL("no device " << uuid);
    std::abort();
  }

  sim::Host host = sim::example_host();
  sim::MdevBus<StdSync> bus;
};

}  // namespace

TEST_CASE("a device is opened once its group has a container with an IOMMU, and that is not left meanwhile") {
  vfio::ThreadContext root;
  Ports ports(root);
  auto group = ports.open_group(root, first);
  auto container = ports.host.open_container();
  REQUIRE(answer(container) == "ok");
  CHECK(answer(group.unset_container(root)) == "EINVAL invalid");
  CHECK(answer(group.open_device(root, first)) == "EINVAL invalid");
  CHECK(answer(container->set_iommu(root)) == "EINVAL invalid");
  CHECK_FALSE(group.status(root)->container_set);
  CHECK(group.status(root)->viable);
  REQUIRE(answer(group.set_container(root, *container)) == "ok");
  CHECK(answer(group.set_container(root, *container)) == "EINVAL invalid");
  CHECK(group.status(root)->container_set);
  CHECK(answer(group.open_device(root, first)) == "EINVAL invalid");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  CHECK(answer(container->set_iommu(root)) == "EINVAL invalid");
  {
    auto device = group.open_device(root, first);
    auto again = group.open_device(root, first);
    REQUIRE(answer(device) == "ok");
    REQUIRE(answer(again) == "ok");
    REQUIRE(answer(device->close(root)) == "ok");
    CHECK(answer(group.unset_container(root)) == "EBUSY held");
  }
  CHECK(answer(group.unset_container(root)) == "ok");
  CHECK(answer(container->set_iommu(root)) == "EINVAL invalid");
}

TEST_CASE("two groups share a container, which has its IOMMU until the last one leaves") {
  vfio::ThreadContext root;
  Ports ports(root);
  auto one = ports.open_group(root, first);
  auto other = ports.open_group(root, second);
  auto container = ports.host.open_container();
  REQUIRE(answer(one.set_container(root, *container)) == "ok");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  REQUIRE(answer(other.set_container(root, *container)) == "ok");
  REQUIRE(answer(one.unset_container(root)) == "ok");
  CHECK(answer(other.open_device(root, second)) == "ok");
  REQUIRE(answer(other.close(root)) == "ok");  // leaves it too
  REQUIRE(answer(one.set_container(root, *container)) == "ok");
  CHECK(answer(one.open_device(root, first)) == "EINVAL invalid");
}

TEST_CASE("a group whose device left has no container and answers ENODEV, and closed handles EBADF") {
  vfio::ThreadContext root;
  Ports ports(root);
  auto group = ports.open_group(root, first);
  auto container = ports.host.open_container();
  REQUIRE(answer(group.set_container(root, *container)) == "ok");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  REQUIRE(answer(ports.bus.remove(root, first)) == "ok");
  CHECK(answer(group.status(root)) == "ENODEV gone");
  CHECK(answer(group.unset_container(root)) == "EINVAL invalid");
  CHECK(answer(group.set_container(root, *container)) == "ENODEV gone");
  CHECK(answer(group.open_device(root, first)) == "ENODEV gone");
  CHECK(answer(container->set_iommu(root)) == "EINVAL invalid");
  REQUIRE(answer(group.close(root)) == "ok");
  CHECK(answer(group.status(root)) == "EBADF invalid");
  CHECK(answer(group.set_container(root, *container)) == "EBADF invalid");
  CHECK(answer(group.unset_container(root)) == "EBADF invalid");
  CHECK(answer(group.open_device(root, first)) == "EBADF invalid");
}

TEST_CASE("types share the instances that the parent's driver counts, and a device without room is ENOSPC") {
  vfio::ThreadContext root;
  Ports ports(root);
  CHECK(answer(ports.bus.create(root, "mtty", "mtty-1", third)) == "ENOSPC exhausted");
  CHECK(answer(ports.bus.create(root, "mtty", "mtty-1", first)) == "EEXIST held");
  REQUIRE(answer(ports.bus.remove(root, first)) == "ok");
  CHECK(answer(ports.bus.create(root, "mtty", "mtty-2", third)) == "ENOSPC exhausted");
  CHECK(*ports.bus.available(root, "mtty") == 1);
  REQUIRE(answer(ports.bus.remove(root, second)) == "ok");
  CHECK(answer(ports.bus.create(root, "mtty", "mtty-2", third)) == "ok");
  CHECK(*ports.bus.available(root, "mtty") == 0);
  CHECK(answer(ports.bus.create(root, "mtty", "mtty-3", first)) == "ENOENT gone");
  CHECK(answer(ports.bus.create(root, "none", "mtty-1", first)) == "ENOENT gone");
}

TEST_CASE("mtty announces no reset, and takes the request to tell of an unplug in 6.1 only, where it never tells") {
  vfio::ThreadContext root;
  const sim::Profile profile = GENERATE(sim::linux_6_1, sim::linux_6_12);
  Ports ports(root, profile);
  auto group = ports.open_group(root, first);
  auto container = ports.host.open_container();
  REQUIRE(answer(group.set_container(root, *container)) == "ok");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  auto device = group.open_device(root, first);
  REQUIRE(answer(device) == "ok");
  CHECK(answer(device->reset(root)) == "EINVAL unsupported");
  CHECK(answer(device->unplug_requested()) == "EINVAL invalid");
  if (profile.mtty_takes_watch) {
    CHECK(answer(device->watch_unplug(root)) == "ok");
    CHECK(answer(device->watch_unplug(root)) == "ok");
    CHECK_FALSE(*device->unplug_requested());
  } else {
    CHECK(answer(device->watch_unplug(root)) == "ENOTTY unsupported");
    CHECK(answer(device->unplug_requested()) == "EINVAL invalid");
  }
  REQUIRE(answer(device->close(root)) == "ok");
  CHECK(answer(device->reset(root)) == "EBADF invalid");
  CHECK(answer(device->watch_unplug(root)) == "EBADF invalid");
  CHECK(answer(device->unplug_requested()) == "EBADF invalid");
}

TEST_CASE("while a removal waits, a second one is ENOENT, and another descriptor is had in 6.1 only") {
  vfio::ThreadContext root;
  const sim::Profile profile = GENERATE(sim::linux_6_1, sim::linux_6_12);
  Ports ports(root, profile);
  auto group = ports.open_group(root, first);
  auto container = ports.host.open_container();
  REQUIRE(answer(group.set_container(root, *container)) == "ok");
  REQUIRE(answer(container->set_iommu(root)) == "ok");
  auto device = group.open_device(root, first);
  REQUIRE(answer(device) == "ok");
  std::thread remover([&] {
    vfio::ThreadContext own;
    CHECK(answer(ports.bus.remove(own, first)) == "ok");
  });
  CHECK(ports.bus.await_removal_wait(root, first));
  CHECK(answer(ports.bus.remove(root, first)) == "ENOENT gone");
  CHECK(*ports.bus.available(root, "mtty") == 0);
  auto another = group.open_device(root, first);
  CHECK(answer(another) == (profile.opens_while_unbinding ? "ok" : "ENODEV gone"));
  REQUIRE(answer(device->close(root)) == "ok");
  if (another) {
    CHECK_FALSE(ports.bus.devices(root).size() == 2);
    REQUIRE(answer(another->close(root)) == "ok");
  }
  remover.join();
  CHECK(answer(group.open_device(root, first)) == "ENODEV gone");
  CHECK(*ports.bus.available(root, "mtty") == 1);
}

TEST_CASE("a fault of a removal leaves the device as it is, as often as asked for") {
  vfio::ThreadContext root;
  Ports ports(root);
  ports.bus.inject(sim::MdevStep::remove, EBUSY, 2);
  CHECK(answer(ports.bus.remove(root, first)) == "EBUSY held");
  CHECK(answer(ports.bus.remove(root, second)) == "EBUSY held");
  CHECK(ports.bus.devices(root).size() == 2);
  CHECK(answer(ports.bus.remove(root, first)) == "ok");
}
