// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Devices that are opened by themselves, iommufds and address spaces on a fake kernel: the calls, every errno, who keeps what.
#include "devlock/backend/linux/cdev.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "devlock/backend/device_keeper.hpp"
#include "devlock/backend/hot_reset.hpp"
#include "devlock/sync/std.hpp"
#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
using devlock::linux_host::AffectedDevice;
using Cdev = devlock::linux_host::BasicCdev<FakeSys>;
using Iommufd = devlock::linux_host::BasicIommufd<FakeSys>;
using Ioas = devlock::linux_host::BasicIoas<FakeSys>;
using Lock = devlock::DeviceLock<devlock::StdSync>;
namespace linux_host = devlock::linux_host;

static_assert(devlock::OpenDevice<Cdev>);

namespace {
const std::string node_names = device_path(first) + "/vfio-dev";
struct Rig : Machine {
  Rig() {
    kernel.directories[node_names] = {"vfio3"};
    kernel.nodes["/dev/vfio/devices/vfio3"] = Kind::cdev;
    kernel.nodes["/dev/iommu"] = Kind::iommufd;
    kernel.hot_reset_functions = {dependent(1, 0, 0, 40), dependent(1, 0, 1, 0)};
    kernel.hot_reset_flags = linux_host::HotResetList::by_id | linux_host::HotResetList::all_owned;
  }
};
struct Opened {
  Iommufd iommufd;
  Ioas space;
  Cdev device;
};
Result<Opened> open_all(Rig& m) {
  m.root.assume();
  auto iommufd = m.host.open_iommufd();
  if (!iommufd) {
    return devlock::failure(iommufd.error());
  }
  auto space = iommufd->create_ioas();
  if (!space) {
    return devlock::failure(space.error());
  }
  auto device = m.host.open_cdev(m.root, first);
  if (!device) {
    return devlock::failure(device.error());
  }
  if (auto done = device->bind(m.root, *iommufd); !done) {
    return devlock::failure(done.error());
  }
  if (auto done = device->attach(m.root, *space); !done) {
    return devlock::failure(done.error());
  }
  return Opened{std::move(*iommufd), std::move(*space), std::move(*device)};
}
Opened opened(Rig& m) {
  auto all = open_all(m);
  REQUIRE(all);
  return std::move(*all);
}
}  // namespace

TEST_CASE("a device by itself is opened, bound, attached, used and closed", "[cdev]") {
  Rig m;
  m.root.assume();
  {
    Opened all = opened(m);
    CHECK(all.device.address() == first);
    CHECK(all.device.id() == 40U);
    CHECK(m.kernel.bound.at(all.device.native()) == all.iommufd.native());
    CHECK(m.kernel.attached.at(all.device.native()) == all.space.id());
    REQUIRE(all.device.reset(m.root));
    REQUIRE(all.device.watch_unplug(m.root));
    CHECK_FALSE(all.device.unplug_requested().value());
    REQUIRE(all.device.detach(m.root));
    CHECK(m.kernel.attached.empty());
    REQUIRE(all.device.detach(m.root));
    REQUIRE(all.device.close(m.root));
    REQUIRE(all.space.close());
    REQUIRE(all.space.close());
    CHECK(m.kernel.ioases.empty());
    REQUIRE(all.iommufd.close());
    REQUIRE(all.iommufd.close());
  }
  CHECK(m.kernel.open_descriptors() == 0);
  CHECK(m.kernel.misuses.empty());
}

TEST_CASE("the address space and the iommufd go after the device, in whatever order the handles go", "[cdev]") {
  int places[] = {0, 1, 2};
  do {
    Rig m;
    Opened all = opened(m);
    auto iommufd = std::make_unique<Iommufd>(std::move(all.iommufd));
    auto space = std::make_unique<Ioas>(std::move(all.space));
    auto device = std::make_unique<Cdev>(std::move(all.device));
    for (const int place : places) {
      if (place == 0) {
        iommufd.reset();
      } else if (place == 1) {
        space.reset();
      } else {
        device.reset();
      }
      INFO(places[0] << places[1] << places[2]);
      CHECK((device == nullptr || (m.kernel.open_descriptors() == 2 && m.kernel.ioases.size() == 1)));
    }
    CHECK(m.kernel.closed == std::vector<Kind>{Kind::cdev, Kind::iommufd});
    CHECK(m.kernel.ioases.empty());  // destroyed, and not while it was attached: that answers EBUSY
    CHECK(m.kernel.open_descriptors() == 0);
    CHECK(m.kernel.misuses.empty());
  } while (std::next_permutation(std::begin(places), std::end(places)));
}

TEST_CASE("a device that is bound and not attached keeps the iommufd too", "[cdev]") {
  Rig m;
  m.root.assume();
  auto device = m.host.open_cdev(m.root, first).value();
  {
    const auto iommufd = m.host.open_iommufd().value();
    REQUIRE(device.bind(m.root, iommufd));
  }
  CHECK(m.kernel.open_descriptors() == 2);
  REQUIRE(device.close(m.root));
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::cdev, Kind::iommufd});
}

TEST_CASE("an attach replaces the address space before, which goes then", "[cdev]") {
  Rig m;
  m.root.assume();
  Opened all = opened(m);
  auto other = all.iommufd.create_ioas();
  REQUIRE(other);
  REQUIRE(all.space.close());  // the device keeps it
  CHECK(m.kernel.ioases.size() == 2);
  REQUIRE(all.device.attach(m.root, *other));
  CHECK(m.kernel.ioases == std::vector<std::uint32_t>{other->id()});
  REQUIRE(other->close());
  REQUIRE(all.device.detach(m.root));
  CHECK(m.kernel.ioases.empty());
}

TEST_CASE("an address space that a stranger uses, or that is gone, says so when it is closed", "[cdev]") {
  Rig m;
  Opened all = opened(m);
  auto space = all.iommufd.create_ioas().value();
  m.kernel.fail_ioctl(abi::destroy_object, EBUSY);
  expect(space.close(), {Operation::destroy_ioas, EBUSY, ErrorClass::held, "address space 2", "uses it"});
  auto gone = all.iommufd.create_ioas().value();
  std::erase(m.kernel.ioases, gone.id());
  expect(gone.close(), {Operation::destroy_ioas, ENOENT, ErrorClass::gone, "address space 3", "somebody else"});
}

TEST_CASE("whatever call of the way to an attached device fails, nothing stays open or allocated", "[cdev]") {
  std::size_t calls = 0;
  {
    Rig m;
    (void)opened(m);
    calls = m.kernel.made.size();
  }
  CHECK(calls == 10);  // two opens and a list, four requests, two closes and a destroy
  std::size_t tried = 0;
  for (std::size_t number = 0; number != calls; ++number) {
    for (const int error_number : every_errno) {
      Rig m;
      m.kernel.fail_at(number, error_number);
      const bool is_open = open_all(m).has_value();
      const Made& failed = m.kernel.made.at(number);
      INFO(devlock::errno_name(error_number) << " from call " << number << " " << to_string(failed.call) << " "
                                             << failed.object << " " << failed.request);
      CHECK(is_open == (failed.call == Call::close || failed.request == abi::destroy_object));
      CHECK(m.kernel.open_descriptors() == 0);
      CHECK((failed.request == abi::destroy_object || m.kernel.ioases.empty()));
      CHECK(m.kernel.misuses.empty());
      ++tried;
    }
  }
  CHECK(tried == 10 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::open_iommufd, [](Rig& m) -> Result<void> {
          auto file = m.host.open_iommufd();
          return file ? Result<void>() : devlock::failure(file.error());
        }) == 2 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::open_cdev, [](Rig& m) -> Result<void> {
          m.root.assume();
          auto device = m.host.open_cdev(m.root, first);
          return device ? Result<void>() : devlock::failure(device.error());
        }) == 3 * std::size(every_errno));
}

TEST_CASE("a device without a node, or with an odd one, says what to do", "[cdev]") {
  const auto refused = [](Rig& m, Address address, int error_number, ErrorClass error_class, const char* reason) {
    m.root.assume();
    expect(m.host.open_cdev(m.root, address),
           {Operation::open_cdev, error_number, error_class, to_string(address), reason});
    CHECK(m.kernel.open_descriptors() == 0);
  };
  Rig m;
  refused(m, second, ENOENT, ErrorClass::gone, "no VFIO driver");
  refused(m, nowhere, ENOENT, ErrorClass::gone, "no such function");
  m.kernel.nodes.erase("/dev/vfio/devices/vfio3");
  refused(m, first, ENOENT, ErrorClass::gone, "no VFIO driver");
  m.kernel.fail(Call::open, EACCES);
  refused(m, first, EACCES, ErrorClass::permission, "may not open its node");
  m.kernel.directories[node_names] = {};
  refused(m, first, ENOENT, ErrorClass::gone, "no VFIO driver");
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"vfio3", "vfio4"}, {"vfio"}, {"vfiox"}, {"3"}, {"vfio-1"}}) {
    m.kernel.directories[node_names] = names;
    refused(m, first, EIO, ErrorClass::failed, "not what sysfs prints");
  }
  for (const char* name : {"..", "../../dev/mem", "vfio3/..", "vfio\n3"}) {
    m.kernel.directories[node_names] = {name};  // never a part of a path
    refused(m, first, ENOENT, ErrorClass::gone, "no VFIO driver");
  }
}

TEST_CASE("a machine without iommufd says what to load", "[cdev]") {
  Rig none;
  none.kernel.nodes.erase("/dev/iommu");
  const auto error =
      expect(none.host.open_iommufd(), {Operation::open_iommufd, ENOENT, ErrorClass::gone, "/dev/iommu", "not loaded"});
  CHECK(error.remedy.find("modprobe iommufd") != std::string::npos);
}

TEST_CASE("each errno of bind, attach, detach and create says why", "[cdev]") {
  struct Row {
    int error_number;
    ErrorClass error_class;
    const char* reason;
  };
  Rig m;
  m.root.assume();
  Opened all = opened(m);
  auto fresh = m.host.open_cdev(m.root, first).value();
  for (const Row& row :
       {Row{EBUSY, ErrorClass::held, "group is open"}, Row{EINVAL, ErrorClass::invalid, "bound to an iommufd already"},
        Row{EPERM, ErrorClass::not_owned, "owns the DMA"}, Row{EBADF, ErrorClass::invalid, "closed by somebody"},
        Row{EBADFD, ErrorClass::invalid, "is no iommufd"},
        Row{ENOTTY, ErrorClass::unsupported, "no iommufd for devices"}, Row{ENODEV, ErrorClass::gone, "leaving"},
        Row{EAGAIN, ErrorClass::contended, "found a lock taken"}, Row{ENOMEM, ErrorClass::exhausted, "memory"}}) {
    m.kernel.fail_ioctl(abi::bind_iommufd, row.error_number);
    expect(fresh.bind(m.root, all.iommufd),
           {Operation::bind_iommufd, row.error_number, row.error_class, "0000:01:00.0", row.reason});
    CHECK_FALSE(fresh.id());
  }
  expect(all.device.bind(m.root, all.iommufd),
         {Operation::bind_iommufd, EINVAL, ErrorClass::invalid, "0000:01:00.0", "already"});
  for (const Row& row :
       {Row{EINVAL, ErrorClass::invalid, "does not fit"}, Row{ENOENT, ErrorClass::gone, "another iommufd"},
        Row{EBUSY, ErrorClass::held, "something else has the DMA"}, Row{EFAULT, ErrorClass::failed, "failed"}}) {
    m.kernel.fail_ioctl(abi::attach_page_table, row.error_number);
    auto space = all.iommufd.create_ioas().value();
    expect(all.device.attach(m.root, space),
           {Operation::attach_ioas, row.error_number, row.error_class, "0000:01:00.0", row.reason});
    CHECK(m.kernel.attached.at(all.device.native()) == all.space.id());  // nothing changed
  }
  expect(fresh.attach(m.root, all.space),
         {Operation::attach_ioas, EINVAL, ErrorClass::invalid, "0000:01:00.0", "bound to no iommufd"});
  expect(fresh.detach(m.root), {Operation::detach_ioas, EINVAL, ErrorClass::invalid, "0000:01:00.0", "no iommufd"});
  m.kernel.fail_ioctl(abi::allocate_ioas, ENOTTY);
  expect(all.iommufd.create_ioas(), {Operation::create_ioas, ENOTTY, ErrorClass::unsupported, "iommufd", "no iommufd"});
}

TEST_CASE("a device is bound through one of its descriptors, and to nothing but an iommufd", "[cdev]") {
  Rig m;
  m.root.assume();
  Opened all = opened(m);
  auto second = m.host.open_cdev(m.root, first).value();
  expect(second.bind(m.root, all.iommufd),
         {Operation::bind_iommufd, EINVAL, ErrorClass::invalid, "0000:01:00.0", "or another one"});
  REQUIRE(all.device.close(m.root));
  m.kernel.nodes["/dev/iommu"] = Kind::container;  // another node under this name
  const auto wrong = m.host.open_iommufd().value();
  expect(second.bind(m.root, wrong),
         {Operation::bind_iommufd, EBADFD, ErrorClass::invalid, "0000:01:00.0", "is no iommufd"});
  REQUIRE(second.bind(m.root, all.iommufd));
}

TEST_CASE("a handle that is closed is refused", "[cdev]") {
  Rig m;
  m.root.assume();
  Opened all = opened(m);
  struct {
    Iommufd iommufd;
    Ioas space;
  } other{m.host.open_iommufd().value(), all.iommufd.create_ioas().value()};
  REQUIRE(other.space.close());
  REQUIRE(other.iommufd.close());
  expect(all.device.bind(m.root, other.iommufd),
         {Operation::bind_iommufd, EBADF, ErrorClass::invalid, "iommufd", "closed"});
  expect(all.device.attach(m.root, other.space),
         {Operation::attach_ioas, EBADF, ErrorClass::invalid, "address space", "closed"});
  expect(other.iommufd.create_ioas(), {Operation::create_ioas, EBADF, ErrorClass::invalid, "iommufd", "closed"});
  CHECK(other.space.id() == 0);
  REQUIRE(all.device.close(m.root));
  expect(all.device.bind(m.root, all.iommufd),
         {Operation::bind_iommufd, EBADF, ErrorClass::invalid, "device", "closed"});
  expect(all.device.attach(m.root, all.space),
         {Operation::attach_ioas, EBADF, ErrorClass::invalid, "device", "closed"});
  expect(all.device.detach(m.root), {Operation::detach_ioas, EBADF, ErrorClass::invalid, "device", "closed"});
  expect(all.device.hot_reset(m.root), {Operation::hot_reset, EBADF, ErrorClass::invalid, "device", "closed"});
  expect(all.device.hot_reset_info(m.root),
         {Operation::hot_reset_info, EBADF, ErrorClass::invalid, "device", "closed"});
}

TEST_CASE("the hot reset of a device by itself names no group, and its list says what is owned", "[cdev]") {
  Rig m;
  m.root.assume();
  Opened all = opened(m);
  const auto listed = all.device.hot_reset_info(m.root);
  REQUIRE(listed);
  CHECK(*listed == std::vector<AffectedDevice>{{first, 40}, {second, 0}});
  CHECK(listed->back().owned());
  REQUIRE(all.device.hot_reset(m.root));
  CHECK(m.kernel.hot_resets == std::vector<std::vector<int>>{{}});
  m.kernel.hot_reset_functions.back().group_id = 0xffffffffU;
  CHECK_FALSE(all.device.hot_reset_info(m.root)->back().owned());
  m.kernel.fail_ioctl(VFIO_DEVICE_PCI_HOT_RESET, EINVAL);
  expect(all.device.hot_reset(m.root), {Operation::hot_reset, EINVAL, ErrorClass::not_owned, "0000:01:00.0",
                                        "it affects 0000:01:00.1, which is not of this iommufd"});
  for (const int error_number : {EBUSY, EAGAIN}) {
    m.kernel.fail_ioctl(VFIO_DEVICE_PCI_HOT_RESET, error_number);
    expect(all.device.hot_reset(m.root), {Operation::hot_reset, error_number, ErrorClass::contended, "0000:01:00.0",
                                          error_number == EBUSY ? "memory_lock" : "device_lock"});
  }
  m.kernel.hot_reset_flags = 0;
  expect(all.device.hot_reset_info(m.root),
         {Operation::hot_reset_info, EIO, ErrorClass::failed, "0000:01:00.0", "lists groups"});
}

TEST_CASE("a device by itself resets under the program's locks, and is kept as any other", "[cdev]") {
  Rig m;
  m.root.assume();
  Opened all = opened(m);
  devlock::pci::Topology<Lock> tree;
  REQUIRE(tree.add(port) != nullptr);
  REQUIRE(tree.add(first, port) != nullptr);
  REQUIRE(tree.add(second, port) != nullptr);
  REQUIRE(try_hot_reset(m.root, all.device, tree));
  CHECK(m.kernel.hot_resets.size() == 1);
  int question = 0;
  m.kernel.hooks[VFIO_DEVICE_GET_PCI_HOT_RESET_INFO] = [&](FakeKernel& own, std::uintptr_t argument) {
    auto& info = *reinterpret_cast<vfio_pci_hot_reset_info*>(argument);                 // NOLINT
    auto* list = reinterpret_cast<vfio_pci_dependent_device*>(argument + sizeof info);  // NOLINT
    list[0] = own.hot_reset_functions[0];
    list[1] = own.hot_reset_functions[1];
    list[1].group_id = static_cast<unsigned>(++question);  // another number each time
    info.count = 2;
    info.flags = own.hot_reset_flags;
    return 0L;
  };
  expect(try_hot_reset(m.root, all.device, tree),
         {Operation::hot_reset, EAGAIN, ErrorClass::contended, "0000:01:00.0", "changed"});
  CHECK(m.kernel.hot_resets.size() == 1);
  devlock::DeviceKeeper<Host, Lock, Cdev> keeper(m.host, first, tree.find(first)->lock);
  REQUIRE(keeper.keep(m.root, std::move(all.device)));
  CHECK_FALSE(keeper.reset_function(m.root));
  REQUIRE(keeper.close(m.root));
  CHECK(keeper.reset_function(m.root));
}

TEST_CASE("KVM is told of a device by itself, and keeps it", "[cdev]") {
  Rig m;
  m.root.assume();
  auto vm = m.host.create_vm(m.root).value();
  auto device = m.host.open_cdev(m.root, first).value();
  REQUIRE(vm.attach(m.root, device));
  REQUIRE(vm.detach(m.root, device));
  CHECK(m.kernel.kvm_attributes ==
        std::vector<std::pair<std::uint64_t, int>>{{KVM_DEV_VFIO_GROUP_ADD, device.native()},
                                                   {KVM_DEV_VFIO_GROUP_DEL, device.native()}});
  m.kernel.fail_ioctl(KVM_SET_DEVICE_ATTR, EINVAL);
  expect(vm.attach(m.root, device),
         {Operation::attach_group, EINVAL, ErrorClass::invalid, "0000:01:00.0", "groups only"});
  m.kernel.fail_ioctl(KVM_SET_DEVICE_ATTR, ENOENT);
  expect(vm.detach(m.root, device),
         {Operation::detach_group, ENOENT, ErrorClass::gone, "0000:01:00.0", "does not have"});
  REQUIRE(device.close(m.root));
  expect(vm.attach(m.root, device), {Operation::attach_group, EBADF, ErrorClass::invalid, "device", "closed"});
}
