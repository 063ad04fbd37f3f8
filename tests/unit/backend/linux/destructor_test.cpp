// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A destructor has no context that the compiler could look at. The validator sees what it waits for in the kernel, and reports a
// handle that is destroyed under a lock which its opening would have refused.
#include "support/reports.hpp"

#include <optional>
#include <type_traits>

#include "devlock/order/guard.hpp"
#include "support/catch.hpp"
#include "unit/backend/linux/machine.hpp"

namespace vfio = devlock::vfio;
using namespace fake;

namespace {
template <class T>
T value(devlock::Result<T> result) {
  REQUIRE(result);
  return std::move(*result);
}

// Destroys what `open` makes, under a lock of this class.
template <class Class, class Open>
void destroy_under(Machine& m, Open open) {
  devlock::Ordered<Class, std::mutex> lock;
  std::optional handle(open());
  const devlock::Guard guard{m.root, lock};
  handle.reset();
}

template <class Class, class Open>
std::string report_under(Machine& m, Open open) {
  test::Reports reports;
  destroy_under<Class>(m, open);
  std::string all;
  for (const test::Finding& finding : reports.take()) {
    all += finding.asked + " after " + finding.other + "\n";
  }
  return all;
}
}  // namespace

TEST_CASE("a VM that is destroyed under group_lock or kvm_lock is reported, and under an earlier lock it is not") {
  Machine m;
  const auto open = [&] { return value(m.host.create_vm(m.root)); };
  CHECK(report_under<vfio::group_lock>(m, open) == "vfio_group.group_lock after vfio_group.group_lock\n");
  CHECK(report_under<vfio::kvm_lock>(m, open) == "vfio_group.group_lock after kvm.lock\n");
  CHECK(report_under<vfio::group_list_lock>(m, open).empty());
}

TEST_CASE("a group that is destroyed under group_lock or memory_lock is reported") {
  Machine m;
  const auto open = [&] { return value(m.host.open_group(m.root, group_number)); };
  CHECK(report_under<vfio::group_lock>(m, open) == "vfio_group.group_lock after vfio_group.group_lock\n");
  CHECK(report_under<vfio::memory_lock>(m, open) == "vfio_group.group_lock after vfio_pci_core_device.memory_lock\n");
  CHECK(report_under<vfio::group_list_lock>(m, open).empty());
}

TEST_CASE("a device that is destroyed under dev_set_lock is reported, and under device_lock it is not") {
  Machine m;
  auto container = value(m.host.open_container());
  auto group = value(m.host.open_group(m.root, group_number));
  REQUIRE(group.set_container(m.root, container));
  const auto open = [&] { return value(group.open_device(m.root, first)); };
  CHECK(report_under<vfio::dev_set_lock>(m, open) == "vfio_group.group_lock after vfio_device_set.lock\n");
  CHECK(report_under<vfio::device_lock>(m, open).empty());
  CHECK(report_under<vfio::group_list_lock>(m, open).empty());
}
