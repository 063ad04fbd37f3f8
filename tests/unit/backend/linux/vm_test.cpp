// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "support/catch.hpp"

#include <cerrno>
#include <utility>

#include "unit/backend/linux/errors.hpp"
#include "unit/backend/linux/machine.hpp"

using namespace fake;
using devlock::ErrorClass;
using devlock::Operation;
using devlock::Result;

TEST_CASE("a VM takes a group by its descriptor and gives it back", "[vm]") {
  Machine m;
  m.root.assume();
  {
    auto vm = m.host.create_vm(m.root);
    auto group = m.host.open_group(m.root, group_number);
    REQUIRE(vm);
    REQUIRE(group);
    CHECK(m.kernel.open_descriptors() == 3);  // /dev/kvm itself is closed again
    REQUIRE(vm->attach(m.root, *group));
    REQUIRE(vm->detach(m.root, *group));
    CHECK(m.kernel.kvm_attributes ==
          std::vector<std::pair<std::uint64_t, int>>{{KVM_DEV_VFIO_GROUP_ADD, group->native()},
                                                     {KVM_DEV_VFIO_GROUP_DEL, group->native()}});
  }
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::kvm, Kind::group, Kind::kvm_vfio, Kind::machine});
  CHECK(m.kernel.open_descriptors() == 0);
  CHECK(m.kernel.misuses.empty());
}

TEST_CASE("a group that the VM has is held, one that it has not is gone", "[vm]") {
  Machine m;
  m.root.assume();
  auto vm = m.host.create_vm(m.root).value();
  auto group = m.host.open_group(m.root, group_number).value();
  m.kernel.fail_ioctl(KVM_SET_DEVICE_ATTR, EEXIST);
  expect(vm.attach(m.root, group), {Operation::attach_group, EEXIST, ErrorClass::held, "group 7", "has it already"});
  m.kernel.fail_ioctl(KVM_SET_DEVICE_ATTR, ENOENT);
  expect(vm.detach(m.root, group), {Operation::detach_group, ENOENT, ErrorClass::gone, "group 7", "does not have it"});
  m.kernel.fail_ioctl(KVM_SET_DEVICE_ATTR, EINVAL);
  expect(vm.attach(m.root, group), {Operation::attach_group, EINVAL, ErrorClass::invalid, "group 7", "no VFIO group"});
}

TEST_CASE("a machine without KVM says which module it wants", "[vm]") {
  for (const int error_number : {ENOENT, ENODEV, ENXIO}) {
    Machine m;
    m.root.assume();
    m.kernel.fail(Call::open, error_number, "/dev/kvm");
    const auto error = expect(m.host.create_vm(m.root),
                              {Operation::create_vm, error_number, ErrorClass::gone, "/dev/kvm", "not loaded"});
    CHECK(error.remedy.find("modprobe kvm-intel") != std::string::npos);
  }
  Machine m;
  m.root.assume();
  m.kernel.fail(Call::open, EACCES);
  expect(m.host.create_vm(m.root), {Operation::create_vm, EACCES, ErrorClass::permission, "/dev/kvm", "may not open"});
}

TEST_CASE("a KVM of another version, in other hands or without kvm-vfio is refused", "[vm]") {
  Machine m;
  m.root.assume();
  m.kernel.answer_ioctl(KVM_GET_API_VERSION, 11);
  expect(m.host.create_vm(m.root),
         {Operation::create_vm, EOPNOTSUPP, ErrorClass::unsupported, "/dev/kvm", "version 11"});
  m.kernel.fail_ioctl(KVM_CREATE_VM, EBUSY);
  expect(m.host.create_vm(m.root), {Operation::create_vm, EBUSY, ErrorClass::held, "/dev/kvm", "another hypervisor"});
  m.kernel.fail_ioctl(KVM_CREATE_DEVICE, ENODEV);
  const auto error = expect(m.host.create_vm(m.root),
                            {Operation::create_vm, ENODEV, ErrorClass::gone, "kvm-vfio device", "no kvm-vfio device"});
  CHECK(error.remedy.find("CONFIG_KVM_VFIO") != std::string::npos);
  CHECK(m.kernel.open_descriptors() == 0);
}

TEST_CASE("whatever call of making a VM fails, the error is whole and nothing stays open", "[vm]") {
  const std::size_t tried = fail_every_call<Machine>(Operation::create_vm, [](Machine& m) -> Result<void> {
    m.root.assume();
    auto vm = m.host.create_vm(m.root);
    return vm ? Result<void>() : devlock::failure(vm.error());
  });
  CHECK(tried == 7 * std::size(every_errno));  // open, version, VM, device, and three closes
}

TEST_CASE("a VM or group that was moved from is refused", "[vm]") {
  Machine m;
  m.root.assume();
  auto vm = m.host.create_vm(m.root).value();
  auto group = m.host.open_group(m.root, group_number).value();
  const auto other_group = std::move(group);
  // NOLINTBEGIN(bugprone-use-after-move,hicpp-invalid-access-moved): that is what this is about
  expect(vm.attach(m.root, group), {Operation::attach_group, EBADF, ErrorClass::invalid, "group", "moved from"});
  const auto other_vm = std::move(vm);
  expect(vm.detach(m.root, group), {Operation::detach_group, EBADF, ErrorClass::invalid, "VM", "moved from"});
  CHECK(vm.native() == -1);
  // NOLINTEND(bugprone-use-after-move,hicpp-invalid-access-moved)
}

TEST_CASE("a VM ends with its device first, whatever the closes answer, and once", "[vm]") {
  Machine m;
  m.root.assume();
  auto vm = m.host.create_vm(m.root).value();
  m.kernel.closed.clear();
  REQUIRE(vm.close(m.root));
  CHECK(m.kernel.closed == std::vector<Kind>{Kind::kvm_vfio, Kind::machine});
  CHECK(vm.native() == -1);
  REQUIRE(vm.close(m.root));
  auto other = m.host.create_vm(m.root).value();
  m.kernel.fail(Call::close, EIO);
  expect(other.close(m.root), {Operation::close_vm, EIO, ErrorClass::failed, "kvm-vfio device", ""});
  CHECK(m.kernel.open_descriptors() == 0);
  CHECK(m.kernel.misuses.empty());
}
