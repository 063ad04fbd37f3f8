// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Descriptors handed over, and what this kernel has not: iommufd, mediated devices, AP queues. A part of guest_test.
#include "guest.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>

#include <linux/kvm.h>

using namespace guest;
using devlock::linux_host::Tenure;

namespace {
// What a launcher does: opens, without saying that what it executes shall not inherit it.
int launch(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR);  // NOLINT(android-cloexec-open)
  INFO(path);
  REQUIRE(fd >= 0);
  return fd;
}
bool inherited(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}
}  // namespace

TEST_CASE("descriptors that a launcher opened are told apart, taken and closed", "[handed]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const int number = value(host.device(edu())).iommu_group;
  const auto before = open_descriptors();
  {
    const int container_fd = launch("/dev/vfio/vfio");
    const int group_fd = launch("/dev/vfio/" + std::to_string(number));
    const auto over = host.handed_over();
    // The wrong ones stay open.
    for (const devlock::Error& refused :
         {error(over.group(context, container_fd, Tenure::owned)), error(over.container(group_fd, Tenure::owned)),
          error(over.device(context, group_fd, Tenure::owned, edu())), error(over.vm(context, group_fd, Tenure::owned)),
          error(over.vm(context, container_fd, Tenure::owned))}) {
      INFO(to_string(refused));
      // ENOTTY; a container without its IOMMU says EINVAL to whatever it does not know.
      REQUIRE((refused.error_number == ENOTTY || refused.error_number == EINVAL));
      REQUIRE(refused.remedy ==
              (refused.reason.find("VFIO's node") == std::string::npos ? "hand over the right one" : ""));
    }
    auto container = value(over.container(container_fd, Tenure::owned));
    REQUIRE_FALSE(inherited(container_fd));
    auto group = value(over.group(context, group_fd, Tenure::owned));
    REQUIRE(group.id() == number);
    REQUIRE_FALSE(inherited(group_fd));
    value(group.set_container(context, container));
    value(container.set_iommu(context));
    const auto opened = value(group.open_device(context, edu()));
    {
      // Borrowed: the same device under a second handle, which leaves it open.
      auto device = value(over.device(context, opened.native(), Tenure::borrowed, edu(), &group));
      value(device.reset(context));
      REQUIRE(error(over.device(context, opened.native(), Tenure::borrowed, pair_first())).error_number == EINVAL);
      REQUIRE(error(over.group(context, opened.native(), Tenure::borrowed)).error_class == ErrorClass::unsupported);
    }
    REQUIRE(::fcntl(opened.native(), F_GETFD) >= 0);
  }
  REQUIRE(open_descriptors() == before);
  value(host.open_group(context, number));
}

TEST_CASE("a virtual machine that a launcher made is taken with its kvm-vfio device", "[handed_vm]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Session session = Session::open(host, context, edu());
  const auto before = open_descriptors();
  {
    const int kvm = launch("/dev/kvm");
    const int fd = ::ioctl(kvm, KVM_CREATE_VM, 0);
    REQUIRE(fd >= 0);
    const auto over = host.handed_over();
    REQUIRE(error(over.vm(context, kvm, Tenure::owned)).error_class == ErrorClass::unsupported);
    REQUIRE(::close(kvm) == 0);
    kvm_create_device link{};
    link.type = KVM_DEV_TYPE_VFIO;
    REQUIRE(::ioctl(fd, KVM_CREATE_DEVICE, &link) == 0);
    const int link_fd = static_cast<int>(link.fd);
    // There is one kvm-vfio device for each VM.
    REQUIRE(error(over.vm(context, fd, Tenure::owned)).error_number == EBUSY);
    REQUIRE_FALSE(over.vm(context, fd, Tenure::owned, fd));
    auto machine = value(over.vm(context, fd, Tenure::owned, link_fd));
    REQUIRE_FALSE(inherited(fd));
    value(machine.attach(context, session.group));
    value(machine.detach(context, session.group));
    value(machine.close(context));
  }
  REQUIRE(open_descriptors() == before);
}

TEST_CASE("a kernel without iommufd, mediated devices and an AP bus says so", "[lacks]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  const auto before = open_descriptors();
  const devlock::Error iommufd = error(host.open_iommufd());
  REQUIRE(iommufd.error_class == ErrorClass::gone);
  REQUIRE(iommufd.remedy.find("modprobe iommufd") != std::string::npos);
  const devlock::Error cdev = error(host.open_cdev(context, edu()));
  REQUIRE(cdev.error_class == ErrorClass::gone);
  REQUIRE(cdev.remedy.find("open its group") != std::string::npos);
  REQUIRE(value(host.mdevs().parents()).empty());
  REQUIRE(value(host.mdevs().devices()).empty());
  const auto uuid = devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
  REQUIRE(error(host.mdevs().create(context, "mtty", "mtty-1", *uuid)).error_class == ErrorClass::gone);
  REQUIRE(error(host.mdevs().remove(context, *uuid)).error_class == ErrorClass::gone);
  REQUIRE(error(host.ap().masks(context)).error_class == ErrorClass::gone);
  REQUIRE(open_descriptors() == before);
}

TEST_CASE("a device that is no virtual function takes no token, and has none to give", "[token]") {
  const NothingOpen nothing;
  Host host;
  Context context;
  Assigned assigned(host, context, edu());
  Session session = Session::open(host, context, edu());
  const auto uuid = devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
  REQUIRE(error(session.device.set_vf_token(*uuid)).error_class == ErrorClass::unsupported);
  value(session.device.close(context));
  const devlock::Error refused = error(session.group.open_device(context, edu(), *uuid));
  REQUIRE(refused.error_number == EINVAL);
  REQUIRE(refused.reason.find("takes no token") != std::string::npos);
  value(session.group.open_device(context, edu()));
}
