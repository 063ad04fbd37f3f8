// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "devlock/backend/linux/virtual_functions.hpp"

#include <array>
#include <cstdint>
#include <string>

#include "support/catch.hpp"
#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;
namespace vfio = devlock::vfio;

namespace {
const std::string number = device_path(first) + "/sriov_numvfs";
struct Rig : Machine {
  Rig() {
    kernel.files[number] = "2\n";
    kernel.files[device_path(first) + "/sriov_totalvfs"] = "8\n";
    kernel.directories[device_path(first)] = {"class", "virtfn1", "virtfn0", "virtfn9", "driver"};
    kernel.links[device_path(first) + "/virtfn0"] = "../0000:01:10.0";
    kernel.links[device_path(first) + "/virtfn1"] = "../0000:01:10.2";
    kernel.links[device_path(second) + "/physfn"] = "../0000:01:00.0";
  }
  auto functions() { return host.virtual_functions(); }
};
template <class Context>
concept may_read = requires(Host& host, const Context& c) {
  host.virtual_functions().enabled(c, first);
};
template <class Context>
concept may_write = requires(Host& host, const Context& c) {
  host.virtual_functions().enable(c, first, 1);
};
static_assert(may_read<vfio::ThreadContext> && may_read<vfio::ContextFor<vfio::device_lock>>);
static_assert(!may_read<vfio::ContextFor<vfio::open_device>> && !may_read<vfio::ContextFor<vfio::group_lock>>);
static_assert(may_write<vfio::ThreadContext> && !may_write<vfio::ContextFor<vfio::device_lock>>);
}  // namespace

TEST_CASE("how many virtual functions there are and can be is read, and set", "[sriov]") {
  Rig m;
  m.root.assume();
  CHECK(m.functions().enabled(m.root, first).value() == 2);
  CHECK(m.functions().most(first).value() == 8);
  REQUIRE(m.functions().enable(m.root, first, 0));
  CHECK(m.kernel.files[number] == "0");
  REQUIRE(m.functions().enable(m.root, first, 65535));
  CHECK(m.kernel.files[number] == "65535");
}

TEST_CASE("virtual functions and the one they belong to are told by links, without the attribute that waits",
          "[sriov]") {
  Rig m;
  CHECK(m.functions().list(first).value() == std::vector<Address>{{0, 1, 0x10, 0}, {0, 1, 0x10, 2}});
  CHECK(m.functions().physical_of(second).value() == first);
  CHECK_FALSE(m.functions().physical_of(first).value());
  for (const Made& made : m.kernel.made) {
    CHECK(made.call != Call::open);
  }
  m.kernel.links[device_path(first) + "/virtfn1"] = "../..";
  expect(m.functions().list(first), {Operation::enumerate, EIO, ErrorClass::failed, "0000:01:00.0", "virtfn1"});
  expect(m.functions().list(nowhere), {Operation::enumerate, ENOENT, ErrorClass::gone, "0000:09:00.0", "no such"});
}

TEST_CASE("each errno of the number of virtual functions says why", "[sriov]") {
  struct Row {
    int error_number;
    ErrorClass error_class;
    const char* reason;
  };
  for (const Row& row :
       {Row{EBUSY, ErrorClass::held, "another number"}, Row{ENOENT, ErrorClass::gone, "no driver is bound"},
        Row{ERANGE, ErrorClass::invalid, "so many"}, Row{EINVAL, ErrorClass::invalid, "refuses this number"},
        Row{ENOMEM, ErrorClass::exhausted, "memory"}, Row{EIO, ErrorClass::failed, "failed"},
        Row{EACCES, ErrorClass::permission, "may not"}}) {
    Rig m;
    m.root.assume();
    m.kernel.fail(Call::write, row.error_number);
    expect(m.functions().enable(m.root, first, 4),
           {Operation::set_virtual_functions, row.error_number, row.error_class, "0000:01:00.0", row.reason});
  }
  Rig m;
  m.root.assume();
  expect(m.functions().enable(m.root, first, -1),
         {Operation::set_virtual_functions, ERANGE, ErrorClass::invalid, "0000:01:00.0", "-1 is no number"});
  expect(m.functions().enable(m.root, second, 1),
         {Operation::set_virtual_functions, ENOTTY, ErrorClass::unsupported, "0000:01:00.1", "no virtual functions"});
  expect(m.functions().enabled(m.root, second),
         {Operation::virtual_functions, ENOTTY, ErrorClass::unsupported, "0000:01:00.1", "no virtual functions"});
  expect(m.functions().enable(m.root, nowhere, 1),
         {Operation::set_virtual_functions, ENOENT, ErrorClass::gone, "0000:09:00.0", "no such function"});
  for (const char* text : {"", "-1", "2 3", "99999999999", "0x2"}) {
    m.kernel.files[number] = text;
    expect(m.functions().enabled(m.root, first),
           {Operation::virtual_functions, EIO, ErrorClass::failed, "0000:01:00.0", "not what sysfs prints"});
  }
}

TEST_CASE("whatever call of the number of virtual functions fails, the error is whole and nothing stays open",
          "[sriov]") {
  CHECK(fail_every_call<Rig>(Operation::virtual_functions, [](Rig& m) -> Result<void> {
          m.root.assume();
          const auto read = m.functions().enabled(m.root, first);
          return read ? Result<void>() : devlock::failure(read.error());
        }) == 4 * std::size(every_errno));
  CHECK(fail_every_call<Rig>(Operation::set_virtual_functions, [](Rig& m) {
          m.root.assume();
          return m.functions().enable(m.root, first, 3);
        }) == 3 * std::size(every_errno));
}

TEST_CASE("the owner of a physical function sets the token of its virtual ones", "[sriov]") {
  const auto token = vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
  Machine m;
  m.root.assume();
  auto group = m.host.open_group(m.root, group_number).value();
  auto device = group.open_device(m.root, first).value();
  struct Sent {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::array<std::uint8_t, 16> uuid;
  } sent{};
  m.kernel.hooks[VFIO_DEVICE_FEATURE] = [&](FakeKernel&, std::uintptr_t argument) {
    sent = *reinterpret_cast<const Sent*>(argument);  // NOLINT
    return 0L;
  };
  REQUIRE(device.set_vf_token(token));
  CHECK(sent.argsz == 24);
  CHECK(sent.flags == 0x20000);  // set, of the token, which is feature 0
  CHECK(sent.uuid == token.bytes);
  m.kernel.fail_ioctl(VFIO_DEVICE_FEATURE, ENOTTY);
  expect(device.set_vf_token(token),
         {Operation::set_vf_token, ENOTTY, ErrorClass::unsupported, "0000:01:00.0", "no virtual functions"});
  m.kernel.fail_ioctl(VFIO_DEVICE_FEATURE, EFAULT);
  expect(device.set_vf_token(token), {Operation::set_vf_token, EFAULT, ErrorClass::failed, "0000:01:00.0", "failed"});
  REQUIRE(device.close(m.root));
  expect(device.set_vf_token(token), {Operation::set_vf_token, EBADF, ErrorClass::invalid, "device", "closed"});
}

TEST_CASE("a virtual function is opened with the token of its owner", "[sriov]") {
  const auto token = vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
  REQUIRE(token);
  Machine m;
  m.root.assume();
  auto group = m.host.open_group(m.root, group_number).value();
  CHECK(group.open_device(m.root, first, *token));
  CHECK(m.kernel.devices_asked_for ==
        std::vector<std::string>{"0000:01:00.0 vf_token=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"});
  m.kernel.fail_ioctl(VFIO_GROUP_GET_DEVICE_FD, EACCES);
  expect(group.open_device(m.root, first, *token),
         {Operation::open_device, EACCES, ErrorClass::permission, "0000:01:00.0", "another token"});
  m.kernel.fail_ioctl(VFIO_GROUP_GET_DEVICE_FD, EACCES);
  expect(group.open_device(m.root, first),
         {Operation::open_device, EACCES, ErrorClass::permission, "0000:01:00.0", "wants the token"});
  m.kernel.fail_ioctl(VFIO_GROUP_GET_DEVICE_FD, EINVAL);
  expect(group.open_device(m.root, first, *token),
         {Operation::open_device, EINVAL, ErrorClass::invalid, "0000:01:00.0", "takes no token"});
  REQUIRE(group.close(m.root));
  expect(group.open_device(m.root, first, *token),
         {Operation::open_device, EBADF, ErrorClass::invalid, "group", "closed"});
  CHECK(m.kernel.open_descriptors() == 0);
}
