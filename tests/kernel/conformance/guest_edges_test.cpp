// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What takes locks one under the other that no other test of the guest does; a part of guest_own. lockdep watches,
// conformance judges.
#include "kernel/guest.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <linux/kvm.h>
#include <linux/vfio.h>

using namespace guest;

namespace {
// Interrupts of a device to an event, or off with count 0.
int set_interrupts(int device, std::uint32_t index, std::uint32_t count) {
  const int event = ::eventfd(0, EFD_CLOEXEC);
  struct Request {
    alignas(vfio_irq_set) std::array<std::byte, sizeof(vfio_irq_set) + sizeof(std::int32_t)> bytes{};
  } request;
  vfio_irq_set head{};
  head.argsz = static_cast<std::uint32_t>(sizeof(vfio_irq_set) + count * sizeof(std::int32_t));
  head.flags = (count != 0 ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE) | VFIO_IRQ_SET_ACTION_TRIGGER;
  head.index = index;
  head.count = count;
  std::memcpy(request.bytes.data(), &head, sizeof head);
  std::memcpy(request.bytes.data() + offsetof(vfio_irq_set, data), &event, sizeof event);
  const int done = ::ioctl(device, VFIO_DEVICE_SET_IRQS, &request);
  ::close(event);
  return done;
}
}  // namespace

TEST_CASE("message interrupts of a device are switched on and off", "[interrupts]") {
  Host host;
  Context context;
  for (const Address address : {edu(), switch_nic()}) {
    INFO(to_string(address));
    Assigned assigned(host, context, address);
    Session session = Session::open(host, context, address);
    REQUIRE(set_interrupts(session.device.native(), VFIO_PCI_MSI_IRQ_INDEX, 1) == 0);
    REQUIRE(set_interrupts(session.device.native(), VFIO_PCI_MSI_IRQ_INDEX, 0) == 0);
  }
}

TEST_CASE("a processor of a VM is made while a group is attached, and the VM ends before the device", "[processor]") {
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const int number = value(host.device(edu())).iommu_group;
  auto machine = value(host.create_vm(context));
  Container container = value(host.open_container());
  Host::Group group = value(host.open_group(context, number));
  value(group.set_container(context, container));
  value(container.set_iommu(context));
  value(machine.attach(context, group));
  auto device = value(group.open_device(context, edu()));
  const int processor = ::ioctl(machine.native(), KVM_CREATE_VCPU, 0);
  REQUIRE(processor >= 0);
  REQUIRE(::close(processor) == 0);
  value(machine.close(context));
  value(device.close(context));
}

TEST_CASE("a function that is removed waits for the handlers of its attributes, and then they are gone", "[drained]") {
  Host host;
  Context context;
  for (int round = 0; round != 3; ++round) {
    std::atomic<int> resets{0};
    // Whoever comes while the removal waits for the device_lock gets it next, and has it while the file is taken away.
    const auto work = [&](const auto& own) -> Result<void> {
      own.assume();
      for (;;) {
        if (const auto done = host.reset_function(own, edu()); !done) {
          return done.error().error_class == ErrorClass::gone ? Result<void>() : done;
        }
        ++resets;
      }
    };
    Worker<void> first;
    Worker<void> second;
    first.start([&](Context& own) { return work(own.assume()); });
    second.start([&](Context& own) { return work(own.assume()); });
    while (resets < 2) {
      std::this_thread::yield();
    }
    value(host.remove(context, edu()));
    value(first.join());
    value(second.join());
    value(host.rescan(context));
    REQUIRE(value(host.device(edu())).driver.empty());
  }
}

TEST_CASE("virtual functions are enabled, listed, opened and taken away", "[functions]") {
  Host host;
  Context context;
  Assigned assigned(host, context, nvme());
  const auto functions = host.virtual_functions();
  REQUIRE(value(functions.most(nvme())) == 4);
  REQUIRE(value(functions.enabled(context, nvme())) == 0);
  REQUIRE(error(functions.enable(context, nvme(), 5)).error_number == ERANGE);
  value(functions.enable(context, nvme(), 2));
  REQUIRE(value(functions.enabled(context, nvme())) == 2);
  const auto other = error(functions.enable(context, nvme(), 3));
  REQUIRE(other.error_number == EBUSY);
  REQUIRE(other.error_class == ErrorClass::held);
  const auto all = value(functions.list(nvme()));
  REQUIRE(all.size() == 2);
  for (const Address one : all) {
    REQUIRE(value(functions.physical_of(one)) == nvme());
    REQUIRE(value(host.device(one)).iommu_group != value(host.device(nvme())).iommu_group);
  }
  value(functions.enable(context, nvme(), 0));
  REQUIRE(value(functions.list(nvme())).empty());
  REQUIRE(error(host.device(all.front())).error_class == ErrorClass::gone);
}
