// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hot reset of the Linux backend: the list as the kernel gives it and as it must not, every errno, whose function is named.
#include "support/catch.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::AffectedFunction;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;

namespace {
// A pair of functions, the second of them on vfio-pci too, with the first one open.
struct Rig : Machine {
  Rig() {
    bind_to(kernel, second, "vfio-pci");
    kernel.hot_reset_functions = {dependent(1, 0, 0, 7), dependent(1, 0, 1, 7)};
  }
  Host::Group open_group(int number = group_number) {
    root.assume();
    auto group = host.open_group(root, number);
    REQUIRE(group);
    return std::move(*group);
  }
  Host::Device open(Host::Group& group, Address address = first) {
    root.assume();
    auto device = group.open_device(root, address);
    REQUIRE(device);
    return std::move(*device);
  }
};
std::vector<vfio_pci_dependent_device> many(std::size_t count) {
  std::vector<vfio_pci_dependent_device> all;
  for (unsigned place = 0; place != count; ++place) {
    all.push_back(dependent(1 + place / 256, place % 256 / 8, place % 8, 7));
  }
  return all;
}
}  // namespace

TEST_CASE("the information lists the functions that a hot reset affects, with the group of each", "[hot_reset]") {
  Rig rig;
  rig.root.assume();
  rig.kernel.hot_reset_functions.push_back(dependent(2, 0x1f, 7, 12));
  auto group = rig.open_group();
  auto device = rig.open(group);
  const auto listed = device.hot_reset_info(rig.root);
  REQUIRE(listed);
  CHECK(*listed == std::vector<AffectedFunction>{{first, 7}, {second, 7}, {{0, 2, 0x1f, 7}, 12}});
  CHECK(rig.kernel.count(Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO) == 1);
}

TEST_CASE("a domain above ffff keeps its upper digits, which the kernel's list has no room for", "[hot_reset]") {
  Rig rig;
  rig.root.assume();
  rig.kernel.hot_reset_functions = {dependent(1, 0, 0, 7, 0xe001)};
  auto group = rig.open_group();
  const Address far{0x1e001, 1, 0, 0};
  auto device = rig.open(group, far);
  const auto listed = device.hot_reset_info(rig.root);
  REQUIRE(listed);
  CHECK(*listed == std::vector<AffectedFunction>{{far, 7}});
}

TEST_CASE("a list that is longer than the room grows it once, up to the caller's limit", "[hot_reset]") {
  for (const std::size_t count : {std::size_t{8}, std::size_t{9}, std::size_t{300}, std::size_t{2048}}) {
    Rig rig;
    rig.root.assume();
    rig.kernel.hot_reset_functions = many(count);
    auto group = rig.open_group();
    auto device = rig.open(group);
    const auto listed = device.hot_reset_info(rig.root);
    INFO(count);
    REQUIRE(listed);
    CHECK(listed->size() == count);
    CHECK(rig.kernel.count(Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO) == (count <= 8 ? 1 : 2));
    expect(device.hot_reset_info(rig.root, count - 1), {Operation::hot_reset_info, ENOSPC, ErrorClass::exhausted,
                                                        "0000:01:00.0", "affects " + std::to_string(count)});
    CHECK(device.hot_reset_info(rig.root, count));
  }
}

TEST_CASE("a list that grows each time it is asked for ends in contention, after four questions", "[hot_reset]") {
  Rig rig;
  rig.root.assume();
  auto group = rig.open_group();
  auto device = rig.open(group);
  rig.kernel.hooks[VFIO_DEVICE_GET_PCI_HOT_RESET_INFO] = [](FakeKernel&, std::uintptr_t argument) {
    auto& info = *reinterpret_cast<vfio_pci_hot_reset_info*>(argument);  // NOLINT
    info.count = (info.argsz - 12U) / 8U + 1U;
    return -long{ENOSPC};
  };
  expect(device.hot_reset_info(rig.root),
         {Operation::hot_reset_info, EAGAIN, ErrorClass::contended, "0000:01:00.0", "grew each time"});
  CHECK(rig.kernel.count(Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO) == 4);
}

TEST_CASE("a kernel that lies about the count, the size or the device is not believed", "[hot_reset]") {
  struct Lie {
    const char* what;
    long answer;
    std::uint32_t count;
    std::uint32_t argsz_off;
    const char* reason;
  };
  for (const Lie& lie : {Lie{"more than there is room for", 0, 9, 0, "9 functions where 8 have room"},
                         Lie{"as many as the number can say", 0, 0xffffffffU, 0, "4294967295 functions"},
                         Lie{"no room for what has room", -ENOSPC, 8, 0, "8 functions where 8 have room"},
                         Lie{"no room for nothing", -ENOSPC, 0, 0, "0 functions where 8 have room"},
                         Lie{"no room for more than exist", -ENOSPC, 65537, 0, "65537 functions"},
                         Lie{"a smaller size", 0, 2, 8, "does not hold together"},
                         Lie{"a larger size", 0, 2, 0xfffffff8U, "does not hold together"},
                         Lie{"success with a number", 1, 2, 0, "does not hold together"},
                         Lie{"success with a number and too many", 7, 99, 0, "99 functions"},
                         Lie{"nothing at all", 0, 0, 0, "lacks the device itself"}}) {
    INFO(lie.what);
    Rig rig;
    rig.root.assume();
    auto group = rig.open_group();
    auto device = rig.open(group);
    rig.kernel.hooks[VFIO_DEVICE_GET_PCI_HOT_RESET_INFO] = [lie](FakeKernel&, std::uintptr_t argument) {
      auto& info = *reinterpret_cast<vfio_pci_hot_reset_info*>(argument);  // NOLINT
      info.count = lie.count;
      info.argsz -= lie.argsz_off;
      return lie.answer;
    };
    expect(device.hot_reset_info(rig.root),
           {Operation::hot_reset_info, EIO, ErrorClass::failed, "0000:01:00.0", lie.reason});
    CHECK(rig.kernel.count(Call::ioctl, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO) == 1);
  }
}

TEST_CASE("a hot reset names the descriptors of the groups, in the caller's order", "[hot_reset]") {
  Rig rig;
  rig.root.assume();
  rig.kernel.nodes["/dev/vfio/8"] = Kind::group;
  auto group = rig.open_group();
  auto other = rig.open_group(8);
  auto device = rig.open(group);
  const std::array both{&other, &group};
  REQUIRE(device.hot_reset(rig.root, both));
  CHECK(rig.kernel.hot_resets == std::vector<std::vector<int>>{{other.native(), group.native()}});
  CHECK(rig.kernel.misuses.empty());
}

TEST_CASE("a hot reset through what is closed is EBADF, after the groups were counted", "[hot_reset]") {
  Rig rig;
  rig.root.assume();
  rig.kernel.nodes["/dev/vfio/8"] = Kind::group;
  auto group = rig.open_group();
  auto closed = rig.open_group(8);
  auto device = rig.open(group);
  REQUIRE(closed.close(rig.root));
  expect(device.hot_reset(rig.root, {}),
         {Operation::hot_reset, EINVAL, ErrorClass::not_owned, "0000:01:00.0", "no group is named"});
  const std::array both{&group, &closed};
  expect(device.hot_reset(rig.root, both), {Operation::hot_reset, EBADF, ErrorClass::invalid, "group", "closed"});
  const std::array three{&closed, &closed, &closed};
  expect(device.hot_reset(rig.root, three),
         {Operation::hot_reset, EINVAL, ErrorClass::not_owned, "0000:01:00.0", "not the caller's"});
  CHECK(rig.kernel.hot_resets.size() == 2);
  const std::array mine{&group};
  REQUIRE(device.close(rig.root));
  expect(device.hot_reset(rig.root, mine), {Operation::hot_reset, EBADF, ErrorClass::invalid, "device", "closed"});
  expect(device.hot_reset_info(rig.root), {Operation::hot_reset_info, EBADF, ErrorClass::invalid, "device", "closed"});
  CHECK(rig.kernel.hot_resets.size() == 2);  // nothing else reached the kernel
}

TEST_CASE("a refused hot reset names the function that is not the caller's", "[hot_reset]") {
  const auto refused = [](Rig& rig, std::size_t groups, const std::string& reason) {
    rig.root.assume();
    auto group = rig.open_group();
    auto device = rig.open(group);
    const std::vector<Host::Group*> mine(groups, &group);
    rig.kernel.fail_ioctl(VFIO_DEVICE_PCI_HOT_RESET, EINVAL);
    const auto error = expect(device.hot_reset(rig.root, mine),
                              {Operation::hot_reset, EINVAL, ErrorClass::not_owned, "0000:01:00.0", reason});
    CHECK_FALSE(error.remedy.empty());
  };
  {
    Rig rig;
    rig.kernel.hot_reset_functions.push_back(dependent(2, 0, 0, 12));
    refused(rig, 1, "it affects 0000:02:00.0 of group 12, which is not named");
  }
  {
    Rig rig;
    bind_to(rig.kernel, second, "e1000e");
    refused(rig, 1, "it affects 0000:01:00.1, which is bound to e1000e");
  }
  {
    Rig rig;
    rig.kernel.links.erase(device_path(second) + "/driver");
    refused(rig, 1, "it affects 0000:01:00.1, which no driver has");
  }
  {
    Rig rig;
    refused(rig, 3, "3 groups are named, and it affects 2 functions");
  }
  {
    Rig rig;  // nothing tells why
    refused(rig, 1, "not the caller's");
  }
  {
    Rig rig;  // the list cannot be had either
    rig.kernel.fail_ioctl(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, ENODEV);
    refused(rig, 1, "not the caller's");
  }
}

TEST_CASE("memory locks and device locks that are taken are both contention, named apart", "[hot_reset]") {
  struct Row {
    int error_number;
    ErrorClass error_class;
    const char* reason;
  };
  for (const Row& row :
       {Row{EBUSY, ErrorClass::contended, "memory_lock"}, Row{EAGAIN, ErrorClass::contended, "device_lock"},
        Row{ENODEV, ErrorClass::gone, "neither its bus nor its slot"},
        Row{ENOTTY, ErrorClass::unsupported, "cannot reset its bus"},
        Row{EBADF, ErrorClass::invalid, "closed by somebody else"}, Row{ENOMEM, ErrorClass::exhausted, "out of memory"},
        Row{EIO, ErrorClass::failed, "failed"}, Row{EPERM, ErrorClass::permission, "may not"}}) {
    Rig rig;
    rig.root.assume();
    auto group = rig.open_group();
    auto device = rig.open(group);
    const std::array mine{&group};
    rig.kernel.fail_ioctl(VFIO_DEVICE_PCI_HOT_RESET, row.error_number);
    expect(device.hot_reset(rig.root, mine),
           {Operation::hot_reset, row.error_number, row.error_class, "0000:01:00.0", row.reason});
    CHECK(rig.kernel.count(Call::ioctl, VFIO_DEVICE_PCI_HOT_RESET) == 1);  // nothing is tried again
    REQUIRE(device.hot_reset(rig.root, mine));
  }
  for (const Row& row :
       {Row{EAGAIN, ErrorClass::contended, "changed while"}, Row{ENODEV, ErrorClass::gone, "neither"},
        Row{ENOTTY, ErrorClass::unsupported, "no hot reset"}, Row{ENOMEM, ErrorClass::exhausted, "memory"},
        Row{EINVAL, ErrorClass::invalid, "refuses"}, Row{EFAULT, ErrorClass::failed, "failed"}}) {
    Rig rig;
    rig.root.assume();
    auto group = rig.open_group();
    auto device = rig.open(group);
    rig.kernel.fail_ioctl(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, row.error_number);
    expect(device.hot_reset_info(rig.root),
           {Operation::hot_reset_info, row.error_number, row.error_class, "0000:01:00.0", row.reason});
    rig.kernel.fail_ioctl(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, EINTR, 3);
    CHECK(device.hot_reset_info(rig.root));
  }
}
