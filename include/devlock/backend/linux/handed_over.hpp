// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Handles of descriptors that somebody else opened: a launcher with more rights, or another part of the program. Owned: the
// handle closes it, and what this process executes does not inherit it. Borrowed: it stays open and as it is. What can be told
// is verified: the kind of each by an ioctl that no other kind answers, the number of a group by its link in /proc, a device by
// the list of what its hot reset affects. If it fails, the descriptor is the caller's, as before.
//
//   auto group = host.handed_over().group(context, fd, Tenure::owned);
//
// Not checked: that /proc names the node by its real path; the address of a device with which others reset, or which no hot reset
// reaches; that nobody else uses the descriptor.
// Source: drivers/vfio/group.c, vfio_main.c; virt/kvm/kvm_main.c, virt/kvm/vfio.c.
#pragma once

#include <algorithm>
#include <climits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "devlock/backend/linux/vm.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class HandedOver {
 public:
  using Container = BasicContainer<Sys>;
  using Group = BasicGroup<Sys>;
  using Device = BasicDevice<Sys>;
  using Vm = BasicVm<Sys>;
  using MayWaitForGroup = vfio::ContextFor<vfio::group_lock>;

  /// `proc` is where procfs is mounted.
  HandedOver(Sys sys, std::string proc, Inventory<Sys> inventory)
      : sys_(std::move(sys)), proc_(std::move(proc)), inventory_(std::move(inventory)) {}

  /// A container, checked as one that is opened.
  [[nodiscard]] Result<Container> container(int fd, Tenure tenure) const {
    return Container::adopt(Descriptor<Sys>(sys_, fd, Tenure::borrowed), tenure);
  }

  /// A group. With the container that it was put into, if that was done: the group keeps it. EINVAL: its number cannot be told,
  /// or it is in no container. Waits for group_lock, and so does its end.
  [[nodiscard]] Result<Group> group([[maybe_unused]] MayWaitForGroup context, int fd, Tenure tenure,
                                    const Container* joined = nullptr) const DEVLOCK_REQUIRES(context) {
    Descriptor<Sys> file(sys_, fd, Tenure::borrowed);
    vfio_group_status now{};
    now.argsz = sizeof now;
    if (const long done = file.ioctl(VFIO_GROUP_GET_STATUS, pointer_argument(now)); done < 0) {
      return refuse(fd, -done, "it is no VFIO group");
    }
    const auto link = link_of(fd);
    if (!link) {
      return refuse(fd, link.error(), "it is no VFIO group");
    }
    std::string_view number = last_component(*link);
    if (number.starts_with("noiommu-")) {
      number.remove_prefix(std::string_view("noiommu-").size());
    }
    const auto id = parse_decimal(number);
    if (!id) {
      return refuse(fd, "its link in /proc reads " + in_quotes(*link) + ", which names no group",
                    "open /dev/vfio/NUMBER in the mount namespace of this process");
    }
    if (joined != nullptr && (joined->file() == nullptr || (now.flags & VFIO_GROUP_FLAGS_CONTAINER_SET) == 0U)) {
      return refuse(fd, "group " + std::to_string(*id) + " is in no container, or that handle is closed",
                    "hand it over without one, and use set_container");
    }
    auto shared = std::make_shared<GroupFile<Sys>>(std::move(file), *id);
    if (const int error_number = settle(shared->descriptor, tenure); error_number != 0) {
      return refuse(fd, error_number, "it is no VFIO group");
    }
    if (joined != nullptr) {
      shared->container = joined->file();
    }
    return Group(std::move(shared), inventory_);
  }

  /// The PCI device at `address`; with the group through which it was opened, if this program has that: the device keeps it.
  /// EINVAL: it is another kind of device, or a hot reset of it does not reach `address`. Its end waits for group_lock.
  [[nodiscard]] Result<Device> device([[maybe_unused]] MayWaitForGroup context, int fd, Tenure tenure,
                                      pci::Address address, const Group* through = nullptr) const
      DEVLOCK_REQUIRES(context) {
    auto file = std::make_unique<DeviceFile<Sys>>(through == nullptr ? nullptr : through->file(),
                                                  Descriptor<Sys>(sys_, fd, Tenure::borrowed), address);
    if (const int error_number = file->describe(); error_number != 0) {
      return refuse(fd, error_number, "it is no VFIO device");
    }
    if ((file->flags & VFIO_DEVICE_FLAGS_PCI) == 0U) {
      return refuse(fd, "it is no PCI device", "hand over one of vfio-pci");
    }
    const auto affected = hot_reset_list(file->descriptor, address, every_function);
    if (!affected && affected.error().error_number == EIO) {
      return refuse(fd, "a hot reset of it does not reach " + to_string(address), "name the function that it is");
    }
    if (const int error_number = settle(file->descriptor, tenure); error_number != 0) {
      return refuse(fd, error_number, "it is no VFIO device");
    }
    return Device(std::move(file));
  }

  /// A VM; and its kvm-vfio device if that was made, else it is made here and owned. EBUSY: it was made and not handed over.
  /// Its end waits for kvm_lock and group_lock.
  [[nodiscard]] Result<Vm> vm([[maybe_unused]] MayWaitForGroup context, int fd, Tenure tenure,
                              std::optional<int> kvm_vfio = std::nullopt) const DEVLOCK_REQUIRES(context) {
    Descriptor<Sys> machine(sys_, fd, Tenure::borrowed);
    // /dev/kvm answers both, a VM the second alone.
    const bool is_kvm = machine.ioctl(KVM_GET_API_VERSION) >= 0;
    const long extends = machine.ioctl(KVM_CHECK_EXTENSION, KVM_CAP_DEVICE_CTRL);
    if (is_kvm || extends < 0) {
      return refuse(fd, is_kvm ? ENOTTY : static_cast<int>(-extends), "it is no virtual machine");
    }
    Descriptor<Sys> link(sys_, kvm_vfio.value_or(-1), Tenure::borrowed);
    if (kvm_vfio) {
      kvm_device_attr adds{};
      adds.group = KVM_DEV_VFIO_GROUP;
      adds.attr = KVM_DEV_VFIO_GROUP_ADD;
      if (const long done = link.ioctl(KVM_HAS_DEVICE_ATTR, pointer_argument(adds)); done < 0) {
        return refuse(*kvm_vfio, -done, "it is no kvm-vfio device");
      }
    } else {
      kvm_create_device made{};
      made.type = KVM_DEV_TYPE_VFIO;
      if (const long done = machine.ioctl(KVM_CREATE_DEVICE, pointer_argument(made)); done < 0) {
        return failure(
            explain(Operation::adopt_descriptor, "descriptor " + std::to_string(fd), static_cast<int>(-done),
                    {{EBUSY, "the VM has a kvm-vfio device, and it was not handed over", "hand that over too"},
                     {ENODEV, "this kernel has no kvm-vfio device", "use a kernel with CONFIG_KVM_VFIO"}}));
      }
      link = Descriptor<Sys>(sys_, static_cast<int>(made.fd));
    }
    // Both are settled or neither is: the first step of each may fail, the second cannot.
    if (tenure == Tenure::owned) {
      for (const auto* one : {&machine, &link}) {
        if (const long done = one->ioctl(FIOCLEX); done < 0) {
          return refuse(one->get(), -done, "it is no virtual machine");
        }
      }
      machine = Descriptor<Sys>(sys_, fd);
      const int number = link.release();
      link = Descriptor<Sys>(sys_, number);
    }
    return Vm(std::move(machine), std::move(link));
  }

 private:
  [[nodiscard]] static int settle(Descriptor<Sys>& file, Tenure tenure) {
    return tenure == Tenure::owned ? file.take() : 0;
  }
  [[nodiscard]] static Failure refuse(int fd, long error_number, const char* wrong_kind) {
    return failure(explain(Operation::adopt_descriptor, "descriptor " + std::to_string(fd),
                           static_cast<int>(error_number),
                           {{ENOTTY, wrong_kind, "hand over the right one"},
                            {EINVAL, wrong_kind, "hand over the right one"},
                            {ENXIO, wrong_kind, "hand over the right one"},
                            {EBADF, "it is not open in this process", "hand over its number here"}}));
  }
  [[nodiscard]] static Failure refuse(int fd, std::string reason, std::string remedy) {
    return failure(make_error(Operation::adopt_descriptor, "descriptor " + std::to_string(fd), EINVAL,
                              std::move(reason), std::move(remedy)));
  }
  [[nodiscard]] Answer<std::string> link_of(int fd) const {
    return Sysfs<Sys>(sys_, proc_).link(proc_ + "/self/fd/" + std::to_string(fd));
  }

  DEVLOCK_NO_UNIQUE_ADDRESS Sys sys_;
  std::string proc_;
  Inventory<Sys> inventory_;
};

}  // namespace devlock::linux_host
