// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Devices that are opened by themselves and their iommufd, on a real kernel that has them; a part of guest_own. Each
// test has one tag, and leaves the devices as it found them, which the boot checks.

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "kernel/conformance/guest_cdev.hpp"

using namespace guest;

TEST_CASE("a device by itself is opened, bound, attached, reset, replaced and detached", "[cdev]") {
  Host host;
  Context context;
  for (const Address address : {edu(), switch_edu(), switch_nic(), nvme()}) {
    INFO(to_string(address));
    Assigned assigned(host, context, address);
    const auto before = open_descriptors();
    {
      Iommufd iommufd = value(host.open_iommufd());
      Ioas space = value(iommufd.create_ioas());
      Ioas other = value(iommufd.create_ioas());
      REQUIRE(space.id() != other.id());
      Cdev device = opened(host, context, address);
      REQUIRE_FALSE(device.id());
      value(device.bind(context, iommufd));
      REQUIRE(device.id());
      REQUIRE(*device.id() != 0U);
      value(device.reset(context));
      value(device.attach(context, space));
      value(device.attach(context, other));
      value(device.attach(context, other));
      value(space.close());
      value(device.watch_unplug(context));
      REQUIRE_FALSE(value(device.unplug_requested()));
      value(device.detach(context));
      value(device.detach(context));
      value(device.attach(context, other));
      value(device.close(context));
      value(other.close());
      value(iommufd.close());
    }
    REQUIRE(open_descriptors() == before);
  }
}

TEST_CASE("before its bind a device by itself answers nothing but the bind", "[cdev_unbound]") {
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Iommufd iommufd = value(host.open_iommufd());
  const Ioas space = value(iommufd.create_ioas());
  Cdev device = opened(host, context, edu());
  REQUIRE(error(device.reset(context)).error_number == EINVAL);
  REQUIRE(error(device.attach(context, space)).error_number == EINVAL);
  REQUIRE(error(device.detach(context)).error_number == EINVAL);
  REQUIRE(error(device.hot_reset_info(context)).error_number == EINVAL);
  REQUIRE(error(device.hot_reset(context)).error_number == EINVAL);
  REQUIRE(error(device.watch_unplug(context)).error_number == EINVAL);
  // It is no user yet: its group may be opened, and is in the way then.
  const int number = value(host.device(edu())).iommu_group;
  {
    auto group = value(host.open_group(context, number));
    const devlock::Error refused = error(device.bind(context, iommufd));
    REQUIRE(refused.error_number == EBUSY);
    REQUIRE(refused.error_class == ErrorClass::held);
    REQUIRE(refused.reason.find("its group is open") != std::string::npos);
  }
  value(device.bind(context, iommufd));
}

TEST_CASE("a device is bound once, through one descriptor, to an iommufd", "[cdev_once]") {
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Bound bound = Bound::open(host, context, edu());
  const auto refused_bind = [&](Cdev& device, const Iommufd& iommufd) {
    context.assume();
    const devlock::Error refused = error(device.bind(context, iommufd));
    REQUIRE(refused.error_number == EINVAL);
    REQUIRE(refused.reason.find("already") != std::string::npos);
  };
  refused_bind(bound.device, bound.iommufd);
  // A second descriptor can be opened, and not bound, be it to the same iommufd or another.
  Cdev second = opened(host, context, edu());
  refused_bind(second, bound.iommufd);
  const Iommufd other = value(host.open_iommufd());
  refused_bind(second, other);
  REQUIRE_FALSE(second.id());
  // Its group waits until it is closed.
  const int number = value(host.device(edu())).iommu_group;
  const devlock::Error held = error(host.open_group(context, number));
  REQUIRE(held.error_number == EBUSY);
  REQUIRE(held.error_class == ErrorClass::held);
  value(bound.device.close(context));
  value(second.bind(context, other));
  value(second.close(context));
  value(host.open_group(context, number));
}

TEST_CASE("an address space of another iommufd, or that was destroyed, is not found", "[cdev_foreign]") {
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Bound bound = Bound::open(host, context, edu());
  Iommufd other = value(host.open_iommufd());
  // The numbers of objects begin anew in each iommufd, so a foreign one that is not found has a number beyond.
  std::vector<Ioas> theirs;
  for (int count = 0; count != 8; ++count) {
    theirs.push_back(value(other.create_ioas()));
  }
  const devlock::Error refused = error(bound.device.attach(context, theirs.back()));
  REQUIRE(refused.error_number == ENOENT);
  REQUIRE(refused.error_class == ErrorClass::gone);
  Ioas mine = value(bound.iommufd.create_ioas());
  value(bound.device.attach(context, mine));
}

TEST_CASE("two devices of one IOMMU group are attached to one address space", "[cdev_group]") {
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second());
  Bound bound = Bound::open(host, context, pair_first());
  Cdev sibling = opened(host, context, pair_second());
  // To another iommufd it cannot even be bound: the DMA of the group is the first one's.
  const Iommufd stranger = value(host.open_iommufd());
  const devlock::Error owned = error(sibling.bind(context, stranger));
  REQUIRE(owned.error_number == EPERM);
  REQUIRE(owned.error_class == ErrorClass::not_owned);
  value(sibling.bind(context, bound.iommufd));
  const Ioas space = value(bound.iommufd.create_ioas());
  const Ioas other = value(bound.iommufd.create_ioas());
  value(bound.device.attach(context, space));
  const devlock::Error apart = error(sibling.attach(context, other));
  INFO(apart.reason);
  REQUIRE(apart.error_number == EINVAL);
  REQUIRE(apart.reason.find("its group") != std::string::npos);
  value(sibling.attach(context, space));
}

TEST_CASE("a device whose group has a host driver is not bound, and the error says so", "[cdev_not_owned]") {
  Host host;
  Context context;
  Assigned first(host, context, pair_first());
  Assigned second(host, context, pair_second(), "e1000e");
  const Iommufd iommufd = value(host.open_iommufd());
  Cdev device = opened(host, context, pair_first());
  const devlock::Error refused = error(device.bind(context, iommufd));
  REQUIRE(refused.error_number == EPERM);
  REQUIRE(refused.error_class == ErrorClass::not_owned);
  value(device.close(context));
}

TEST_CASE("an unbind waits for a device that is opened by itself, asks for it, and its reset is contended",
          "[cdev_unbind]") {
  Host host;
  Context context;
  for (const Address address : {edu(), switch_nic()}) {
    INFO(to_string(address));
    Assigned assigned(host, context, address);
    Worker<void> unbind;
    Bound bound = Bound::open(host, context, address);
    value(bound.device.watch_unplug(context));
    unbind.start([&](Context& own) { return host.unbind(own.assume(), address); });
    unbind.wait_until_in(unbind_waits_in);
    const devlock::Error refused = error(bound.device.reset(context));
    REQUIRE(unbind.waits_in() == unbind_waits_in);
    REQUIRE(refused.error_number == EAGAIN);
    REQUIRE(refused.error_class == ErrorClass::contended);
    REQUIRE(value(bound.device.unplug_requested()));
    // Nobody opens it any more.
    const devlock::Error gone = error(host.open_cdev(context, address));
    REQUIRE(gone.error_class == ErrorClass::gone);
    value(bound.device.close(context));
    value(unbind.join());
    REQUIRE(value(host.device(address)).driver.empty());
  }
}

TEST_CASE("an unbind waits for a descriptor that was never bound, too", "[cdev_idle]") {
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Worker<void> unbind;
  Cdev device = opened(host, context, edu());
  unbind.start([&](Context& own) { return host.unbind(own.assume(), edu()); });
  unbind.wait_until_in(unbind_waits_in);
  value(device.close(context));
  value(unbind.join());
}

TEST_CASE("a virtual machine is told of a device by itself, and its end closes the device", "[cdev_kvm]") {
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const Iommufd iommufd = value(host.open_iommufd());
  auto machine = value(host.create_vm(context));
  {
    Cdev device = opened(host, context, edu());
    value(machine.attach(context, device));
    REQUIRE(error(machine.attach(context, device)).error_number == EEXIST);
    value(device.bind(context, iommufd));
    value(machine.detach(context, device));
    REQUIRE(error(machine.detach(context, device)).error_number == ENOENT);
    value(machine.attach(context, device));
    value(device.close(context));
  }
  // The VM has the file still.
  Cdev other = opened(host, context, edu());
  REQUIRE(error(other.bind(context, iommufd)).error_number == EINVAL);
  value(machine.close(context));
  value(other.bind(context, iommufd));
}

TEST_CASE("a descriptor of something else is no iommufd, and handles that are gone are said to be", "[cdev_errors]") {
  Host host;
  Context context;
  REQUIRE(error(host.open_cdev(context, edu())).error_class == ErrorClass::gone);
  REQUIRE(error(host.open_cdev(context, Address{0, 0x99, 0, 0})).error_class == ErrorClass::gone);
  Assigned assigned(host, context, edu());
  Iommufd iommufd = value(host.open_iommufd());
  Cdev device = opened(host, context, edu());
  // The same number, another file.
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  REQUIRE(null >= 0);
  const int kept = ::fcntl(iommufd.native(), F_DUPFD_CLOEXEC, 0);
  REQUIRE(::dup3(null, iommufd.native(), O_CLOEXEC) == iommufd.native());
  REQUIRE(error(device.bind(context, iommufd)).error_number == EBADFD);
  REQUIRE(error(iommufd.create_ioas()).error_number == ENOTTY);
  REQUIRE(::dup3(kept, iommufd.native(), O_CLOEXEC) == iommufd.native());
  REQUIRE(::close(kept) == 0);
  REQUIRE(::close(null) == 0);
  value(device.bind(context, iommufd));
}
