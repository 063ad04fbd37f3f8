// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Container, group and device on a fake kernel: the calls, every errno's class and words, who keeps what open, nothing leaked.
#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;

namespace {
// An open device with what it hangs on.
struct Opened {
  Host::Container container;
  Host::Group group;
  Host::Device device;
};
Result<Opened> open_all(Machine& m) {
  m.root.assume();
  auto container = m.host.open_container();
  if (!container) {
    return devlock::failure(container.error());
  }
  auto group = m.host.open_group(m.root, group_number);
  if (!group) {
    return devlock::failure(group.error());
  }
  if (auto set = group->set_container(m.root, *container); !set) {
    return devlock::failure(set.error());
  }
  if (auto set = container->set_iommu(m.root); !set) {
    return devlock::failure(set.error());
  }
  auto device = group->open_device(m.root, first);
  if (!device) {
    return devlock::failure(device.error());
  }
  return Opened{std::move(*container), std::move(*group), std::move(*device)};
}
Opened opened(Machine& m) {
  auto all = open_all(m);
  REQUIRE(all);
  return std::move(*all);
}
Host::Group group_of(Machine& m) {
  m.root.assume();
  auto group = m.host.open_group(m.root, group_number);
  REQUIRE(group);
  return std::move(*group);
}
}  // namespace

TEST_CASE("a device is opened through its group and container, told of an unplug, reset and closed", "[vfio]") {
  Machine m;
  m.root.assume();
  {
    Opened all = opened(m);
    CHECK(all.group.id() == group_number);
    CHECK(all.device.address() == first);
    CHECK(m.kernel.devices_asked_for == std::vector<std::string>{"0000:01:00.0"});
    CHECK(m.kernel.container_of_group == all.container.native());
    REQUIRE(all.device.watch_unplug(m.root));
    CHECK(m.kernel.unplug_event == all.device.unplug_event());
    CHECK_FALSE(all.device.unplug_requested().value());
    REQUIRE(all.device.reset(m.root));
    REQUIRE(all.device.close(m.root));
    CHECK(all.device.native() == -1);
    REQUIRE(all.group.unset_container(m.root));
    CHECK(m.kernel.container_of_group == -1);
  }
  CHECK(m.kernel.open_descriptors() == 0);
  CHECK(m.kernel.misuses.empty());
}

TEST_CASE("a device keeps its group and container open, in whatever order the handles go", "[vfio]") {
  const std::vector<Kind> order{Kind::device, Kind::group, Kind::container};
  int places[] = {0, 1, 2};
  do {
    Machine m;
    Opened all = opened(m);
    auto container = std::make_unique<Host::Container>(std::move(all.container));
    auto group = std::make_unique<Host::Group>(std::move(all.group));
    auto device = std::make_unique<Host::Device>(std::move(all.device));
    for (const int place : places) {
      if (place == 0) {
        container.reset();
      } else if (place == 1) {
        group.reset();
      } else {
        device.reset();
      }
      INFO(places[0] << places[1] << places[2]);
      CHECK((device == nullptr || m.kernel.open_descriptors() == 3));
    }
    CHECK(m.kernel.closed == order);
    CHECK(m.kernel.open_descriptors() == 0);
    CHECK(m.kernel.misuses.empty());
  } while (std::next_permutation(std::begin(places), std::end(places)));
}

TEST_CASE("assigning to a device closes the old one before the group that it was in", "[vfio]") {
  Machine m;
  m.root.assume();
  m.kernel.nodes["/dev/vfio/8"] = Kind::group;
  Opened old = opened(m);
  auto other = m.host.open_group(m.root, 8);
  REQUIRE(other);
  REQUIRE(other->set_container(m.root, old.container));
  auto device = other->open_device(m.root, second);
  REQUIRE(device);
  {
    const Host::Group last = std::move(old.group);  // the device alone keeps group 7 now
  }
  CHECK(m.kernel.closed.empty());
  old.device = std::move(*device);
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::device, Kind::group});
  CHECK(old.device.address() == second);
}

TEST_CASE("whatever call of the way to a device fails, the error is whole and nothing stays open", "[vfio]") {
  using devlock::classify;
  // The operations of the way, each with the way to it.
  std::size_t tried = 0;
  tried += fail_every_call<Machine>(Operation::open_container, [](Machine& m) -> Result<void> {
    auto container = m.host.open_container();
    return container ? Result<void>() : devlock::failure(container.error());
  });
  tried += fail_every_call<Machine>(Operation::open_group, [](Machine& m) -> Result<void> {
    m.root.assume();
    auto group = m.host.open_group(m.root, group_number);
    return group ? Result<void>() : devlock::failure(group.error());
  });
  CHECK(tried == 6 * std::size(every_errno));  // open, version, extension, close; open, close

  std::size_t calls = 0;
  {
    Machine m;
    (void)opened(m);
    calls = m.kernel.made.size();
  }
  CHECK(calls == 11);  // 4 opens (container, group, device among 7 calls), 3 closes, device info
  for (std::size_t number = 0; number != calls; ++number) {
    for (const int error_number : every_errno) {
      Machine m;
      m.kernel.fail_at(number, error_number);
      const bool is_open = open_all(m).has_value();
      const Made& failed = m.kernel.made.at(number);
      INFO(devlock::errno_name(error_number) << " from call " << number << " " << to_string(failed.call) << " "
                                             << failed.object << " " << failed.request);
      CHECK(is_open == (failed.call == Call::close));
      CHECK(m.kernel.open_descriptors() == 0);
      CHECK(m.kernel.misuses.empty());
    }
  }
}

TEST_CASE("a container that is not there, of another version or without IOMMU says what to do", "[vfio]") {
  Machine m;
  m.kernel.fail(Call::open, ENOENT);
  auto error = expect(m.host.open_container(),
                      {Operation::open_container, ENOENT, ErrorClass::gone, "/dev/vfio/vfio", "not loaded"});
  CHECK(error.remedy == "load it: modprobe vfio-pci");
  m.kernel.fail(Call::open, EACCES);
  expect(m.host.open_container(),
         {Operation::open_container, EACCES, ErrorClass::permission, "/dev/vfio/vfio", "may not open"});
  m.kernel.answer_ioctl(VFIO_GET_API_VERSION, 5);
  expect(m.host.open_container(),
         {Operation::open_container, EOPNOTSUPP, ErrorClass::unsupported, "/dev/vfio/vfio", "version 5"});
  m.kernel.answer_ioctl(VFIO_CHECK_EXTENSION, 0, 2);
  error = expect(m.host.open_container(),
                 {Operation::open_container, EOPNOTSUPP, ErrorClass::unsupported, "/dev/vfio/vfio", "no type 1"});
  CHECK(error.remedy == "load it: modprobe vfio_iommu_type1");
  m.kernel.answer_ioctl(VFIO_CHECK_EXTENSION, 0, 1);
  expect(m.host.open_container(),
         {Operation::open_container, EOPNOTSUPP, ErrorClass::unsupported, "/dev/vfio/vfio", "no version 2"});
  CHECK(m.kernel.open_descriptors() == 0);
}

TEST_CASE("the IOMMU of a container is refused with the reason", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  m.kernel.fail_ioctl(VFIO_SET_IOMMU, EINVAL);
  expect(all.container.set_iommu(m.root),
         {Operation::set_iommu, EINVAL, ErrorClass::invalid, "container", "no group joined"});
  m.kernel.fail_ioctl(VFIO_SET_IOMMU, EPERM);
  const auto error = expect(all.container.set_iommu(m.root),
                            {Operation::set_iommu, EPERM, ErrorClass::permission, "container", "isolate interrupts"});
  CHECK(error.remedy.find("allow_unsafe_interrupts") != std::string::npos);
}

TEST_CASE("a group that is open elsewhere is held", "[vfio]") {
  Machine m;
  m.root.assume();
  m.kernel.fail(Call::open, EBUSY);
  expect(m.host.open_group(m.root, group_number),
         {Operation::open_group, EBUSY, ErrorClass::held, "group 7", "open already"});
}

TEST_CASE("a group without node is one that is not there or that VFIO does not have", "[vfio]") {
  Machine m;
  m.root.assume();
  m.kernel.nodes.erase("/dev/vfio/7");
  const auto error = expect(m.host.open_group(m.root, group_number),
                            {Operation::open_group, ENOENT, ErrorClass::gone, "group 7", "VFIO driver"});
  CHECK(error.remedy.find("modprobe vfio-pci") != std::string::npos);
  expect(m.host.open_group(m.root, 8),
         {Operation::open_group, ENOENT, ErrorClass::gone, "group 8", "no such IOMMU group"});
  expect(m.host.open_group(m.root, -1),
         {Operation::open_group, EINVAL, ErrorClass::invalid, "group -1", "not negative"});
}

TEST_CASE("the state of a group is read as a mask", "[vfio]") {
  Machine m;
  m.root.assume();
  Host::Group group = group_of(m);
  m.kernel.group_flags = 0xfffffff0U;
  CHECK_FALSE(group.status(m.root)->viable);
  CHECK_FALSE(group.status(m.root)->container_set);
  m.kernel.group_flags = 0xfffffff0U | VFIO_GROUP_FLAGS_VIABLE;
  CHECK(group.status(m.root)->viable);
  CHECK_FALSE(group.status(m.root)->container_set);
  m.kernel.group_flags = VFIO_GROUP_FLAGS_CONTAINER_SET;
  CHECK_FALSE(group.status(m.root)->viable);
  CHECK(group.status(m.root)->container_set);
  m.kernel.fail_ioctl(VFIO_GROUP_GET_STATUS, ENODEV);
  expect(group.status(m.root), {Operation::group_status, ENODEV, ErrorClass::gone, "group 7", ""});
}

TEST_CASE("a group that is not viable names every function that a host driver has, and no other", "[vfio]") {
  Machine m;
  m.root.assume();
  auto container = m.host.open_container();
  REQUIRE(container);
  Host::Group group = group_of(m);
  bind_to(m.kernel, second, "e1000e");
  m.kernel.fail_ioctl(VFIO_GROUP_SET_CONTAINER, EPERM, 10);
  const Expected expected{Operation::set_container, EPERM, ErrorClass::not_owned, "group 7", ""};
  auto error = expect(group.set_container(m.root, *container), expected);
  CHECK(error.reason == "not viable: 0000:01:00.1 is bound to e1000e");
  CHECK(error.remedy == "bind each to vfio-pci or unbind it");

  bind_to(m.kernel, first, "nvme");
  error = expect(group.set_container(m.root, *container), expected);
  CHECK(error.reason == "not viable: 0000:01:00.0 is bound to nvme, 0000:01:00.1 is bound to e1000e");

  // No host driver: the owner is another one.
  bind_to(m.kernel, first, "mlx5_vfio_pci");
  for (const char* harmless : {"pci-stub", "pcieport", "vfio-pci"}) {
    bind_to(m.kernel, second, harmless);
    error = expect(group.set_container(m.root, *container), expected);
    CHECK(error.reason == "somebody else owns the DMA of its devices");
  }
  bind_to(m.kernel, second, "some_variant");
  m.kernel.directories[device_path(second) + "/vfio-dev"] = {"vfio1"};
  error = expect(group.set_container(m.root, *container), expected);
  CHECK(error.reason == "somebody else owns the DMA of its devices");

  // That the culprits cannot be found out does not hide the error.
  m.kernel.fail(Call::list, EIO);
  expect(group.set_container(m.root, *container), expected);
}

TEST_CASE("a group that did not join a container does not keep it open", "[vfio]") {
  Machine m;
  m.root.assume();
  auto container = std::make_unique<Host::Container>(m.host.open_container().value());
  Host::Group group = group_of(m);
  m.kernel.fail_ioctl(VFIO_GROUP_SET_CONTAINER, EINVAL);
  expect(group.set_container(m.root, *container),
         {Operation::set_container, EINVAL, ErrorClass::invalid, "group 7", "in a container already"});
  container.reset();
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::container});
}

TEST_CASE("a group leaves its container once and not while a device is open", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  m.kernel.fail_ioctl(VFIO_GROUP_UNSET_CONTAINER, EBUSY);
  expect(all.group.unset_container(m.root),
         {Operation::unset_container, EBUSY, ErrorClass::held, "group 7", "a device of it is open"});
  m.kernel.fail_ioctl(VFIO_GROUP_UNSET_CONTAINER, EINVAL);
  expect(all.group.unset_container(m.root),
         {Operation::unset_container, EINVAL, ErrorClass::invalid, "group 7", "in no container"});
}

TEST_CASE("a group that left its container does not keep it open", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  REQUIRE(all.device.close(m.root));
  REQUIRE(all.group.unset_container(m.root));
  { const Host::Container last = std::move(all.container); }
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::device, Kind::container});
}

TEST_CASE("a device that cannot be opened says why", "[vfio]") {
  Machine m;
  m.root.assume();
  Host::Group group = group_of(m);
  const auto refused = [&](int error_number, ErrorClass error_class, const char* reason) {
    m.root.assume();
    m.kernel.fail_ioctl(VFIO_GROUP_GET_DEVICE_FD, error_number);
    return expect(group.open_device(m.root, first),
                  {Operation::open_device, error_number, error_class, "0000:01:00.0", reason});
  };
  CHECK(refused(ENODEV, ErrorClass::gone, "no VFIO driver").remedy.find("try again") != std::string::npos);
  refused(EINVAL, ErrorClass::invalid, "no container with an IOMMU");
  refused(EAGAIN, ErrorClass::contended, "found a lock taken");
  refused(EACCES, ErrorClass::permission, "token");
  refused(EMFILE, ErrorClass::exhausted, "descriptors");
  m.kernel.fail_ioctl(VFIO_DEVICE_GET_INFO, EIO);
  expect(group.open_device(m.root, first), {Operation::open_device, EIO, ErrorClass::failed, "0000:01:00.0", ""});
  CHECK(m.kernel.open_descriptors() == 1);
}

TEST_CASE("a mediated device is opened through its group by its uuid, which its errors name", "[vfio]") {
  Machine m;
  m.root.assume();
  const auto uuid = devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
  Host::Group group = group_of(m);
  const auto refused = [&](int error_number, ErrorClass error_class, const char* reason) {
    m.root.assume();
    m.kernel.fail_ioctl(VFIO_GROUP_GET_DEVICE_FD, error_number);
    expect(group.open_device(m.root, uuid), {Operation::open_device, error_number, error_class, uuid.text(), reason});
  };
  refused(ENODEV, ErrorClass::gone, "not the device of this group");
  refused(EINVAL, ErrorClass::invalid, "no container with an IOMMU");
  refused(EMFILE, ErrorClass::exhausted, "descriptors");
  m.kernel.fail_ioctl(VFIO_DEVICE_GET_INFO, EIO);
  expect(group.open_device(m.root, uuid), {Operation::open_device, EIO, ErrorClass::failed, uuid.text(), ""});
  CHECK(m.kernel.open_descriptors() == 1);
  m.kernel.device_flags = 0;
  auto device = group.open_device(m.root, uuid);
  REQUIRE(device);
  CHECK(m.kernel.devices_asked_for.back() == uuid.text());
  CHECK(device->address() == Address{});
  expect(device->reset(m.root),
         {Operation::reset_device, EINVAL, ErrorClass::unsupported, uuid.text(), "no function reset"});
  expect(device->unplug_requested(),
         {Operation::watch_unplug, EINVAL, ErrorClass::invalid, uuid.text(), "nobody asked"});
  m.kernel.fail_ioctl(VFIO_DEVICE_SET_IRQS, ENOTTY);
  expect(device->watch_unplug(m.root), {Operation::watch_unplug, ENOTTY, ErrorClass::unsupported, uuid.text(), ""});
  REQUIRE(device->close(m.root));
  REQUIRE(group.close(m.root));
  expect(group.open_device(m.root, uuid), {Operation::open_device, EBADF, ErrorClass::invalid, "group", "closed"});
}

TEST_CASE("a reset that finds the lock taken is contended at once", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  m.kernel.fail_ioctl(VFIO_DEVICE_RESET, EAGAIN);
  const auto error = expect(all.device.reset(m.root),
                            {Operation::reset_device, EAGAIN, ErrorClass::contended, "0000:01:00.0", "an unbind"});
  CHECK(error.remedy.find("close it") != std::string::npos);
  CHECK(m.kernel.count(Call::ioctl, VFIO_DEVICE_RESET) == 1);
  REQUIRE(all.device.reset(m.root));
}

TEST_CASE("a device without reset is unsupported without asking the kernel", "[vfio]") {
  Machine m;
  m.root.assume();
  m.kernel.device_flags = VFIO_DEVICE_FLAGS_PCI;
  Opened all = opened(m);
  expect(all.device.reset(m.root),
         {Operation::reset_device, EINVAL, ErrorClass::unsupported, "0000:01:00.0", "no function reset"});
  CHECK(m.kernel.count(Call::ioctl, VFIO_DEVICE_RESET) == 0);
}

TEST_CASE("a reset that a signal interrupts is made again", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  m.kernel.fail_ioctl(VFIO_DEVICE_RESET, EINTR, 2);
  REQUIRE(all.device.reset(m.root));
  CHECK(m.kernel.count(Call::ioctl, VFIO_DEVICE_RESET) == 3);
}

TEST_CASE("an unplug is seen once it was asked for, and stays seen", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  expect(all.device.unplug_requested(),
         {Operation::watch_unplug, EINVAL, ErrorClass::invalid, "0000:01:00.0", "nobody asked"});
  REQUIRE(all.device.watch_unplug(m.root));
  REQUIRE(all.device.watch_unplug(m.root));
  CHECK(m.kernel.count(Call::eventfd) == 1);
  CHECK_FALSE(all.device.unplug_requested().value());
  m.kernel.poll_events = POLLIN;
  CHECK(all.device.unplug_requested().value());
  CHECK(all.device.unplug_requested().value());
  CHECK(m.kernel.count(Call::read) == 0);
  m.kernel.poll_events = POLLNVAL;
  expect(all.device.unplug_requested(),
         {Operation::watch_unplug, EBADF, ErrorClass::invalid, "0000:01:00.0", "closed"});
  m.kernel.fail(Call::poll, ENOMEM);
  expect(all.device.unplug_requested(), {Operation::watch_unplug, ENOMEM, ErrorClass::exhausted, "0000:01:00.0", ""});
  CHECK(m.kernel.misuses.empty());
}

TEST_CASE("an unplug event that could not be set up is not left behind, and may be tried again", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  const auto before = m.kernel.open_descriptors();
  m.kernel.fail(Call::eventfd, EMFILE);
  expect(all.device.watch_unplug(m.root),
         {Operation::watch_unplug, EMFILE, ErrorClass::exhausted, "0000:01:00.0", "event"});
  for (const int error_number : every_errno) {
    m.kernel.fail_ioctl(VFIO_DEVICE_SET_IRQS, error_number);
    const auto error = all.device.watch_unplug(m.root);
    REQUIRE_FALSE(error);
    CHECK(error.error().error_number == error_number);
    CHECK(m.kernel.open_descriptors() == before);
  }
  REQUIRE(all.device.watch_unplug(m.root));
  CHECK(m.kernel.open_descriptors() == before + 1);
}

TEST_CASE("a device is closed whatever the close answers, and the event and group after it", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  REQUIRE(all.device.watch_unplug(m.root));
  { const Host::Group gone = std::move(all.group); }
  m.kernel.fail(Call::close, EIO);
  expect(all.device.close(m.root), {Operation::close_device, EIO, ErrorClass::failed, "0000:01:00.0", ""});
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::device, Kind::event, Kind::group});
  CHECK(m.kernel.misuses.empty());
}

TEST_CASE("a group is closed when its last device goes, and says how that went only if it closes it itself", "[vfio]") {
  Machine m;
  m.root.assume();
  {
    Opened all = opened(m);
    REQUIRE(all.container.close());
    REQUIRE(all.group.close(m.root));
    CHECK(m.kernel.closed.empty());
    CHECK(all.group.native() == -1);
    REQUIRE(all.group.close(m.root));
    REQUIRE(all.container.close());
    REQUIRE(all.device.close(m.root));
    CHECK(m.kernel.closed == std::vector<Kind>{Kind::device, Kind::group, Kind::container});
  }
  Opened all = opened(m);
  REQUIRE(all.device.close(m.root));
  m.kernel.fail(Call::close, EIO);
  expect(all.group.close(m.root), {Operation::close_group, EIO, ErrorClass::failed, "group 7", ""});
  m.kernel.fail(Call::close, EIO);
  expect(all.container.close(), {Operation::close_container, EIO, ErrorClass::failed, "container", ""});
  CHECK(m.kernel.open_descriptors() == 0);
  CHECK(m.kernel.misuses.empty());
}

TEST_CASE("a handle that is closed or moved from refuses and asks the kernel nothing", "[vfio]") {
  Machine m;
  m.root.assume();
  Opened all = opened(m);
  REQUIRE(all.device.close(m.root));
  const Host::Group group = std::move(all.group);
  const Host::Container container = std::move(all.container);
  const auto calls = m.kernel.made.size();
  // NOLINTBEGIN(bugprone-use-after-move,hicpp-invalid-access-moved): that is what this is about
  for (const devlock::Error& error :
       {all.device.reset(m.root).error(), all.device.watch_unplug(m.root).error(),
        all.device.unplug_requested().error(), all.device.close(m.root).error(), all.group.status(m.root).error(),
        all.group.unset_container(m.root).error(), all.group.set_container(m.root, all.container).error(),
        all.group.open_device(m.root, first).error(), all.container.set_iommu(m.root).error()}) {
    INFO(to_string(error));
    CHECK(error.error_number == EBADF);
    CHECK(error.error_class == ErrorClass::invalid);
    CHECK(error.reason.find("closed") != std::string::npos);
  }
  CHECK(all.group.id() == -1);
  CHECK(all.group.native() == -1);
  CHECK(all.container.native() == -1);
  CHECK(all.device.address() == Address{});
  CHECK(all.device.unplug_event() == -1);
  // NOLINTEND(bugprone-use-after-move,hicpp-invalid-access-moved)
  CHECK(m.kernel.made.size() == calls);
}
