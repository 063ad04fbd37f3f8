// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The open file of a device with what must outlive it: the event that it signals, and the group or the iommufd through which it
// does its DMA. For the handles of devices, which own one each.
// Not checked: anything; the handles do.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <linux/vfio.h>

#include "devlock/backend/concept.hpp"
#include "devlock/backend/linux/group_file.hpp"
#include "devlock/vfio/uuid.hpp"

namespace devlock::linux_host {

/// Destroyed from below: the device, then the event that it signals, then the group or the iommufd.
template <SystemCalls Sys>
struct DeviceFile {
  DeviceFile(std::shared_ptr<void> keeps, Descriptor<Sys> opened, pci::Address at)
      : keeper(std::move(keeps)), unplug(opened.sys(), -1), descriptor(std::move(opened)), address(at) {}
  DeviceFile(const DeviceFile&) = delete;
  DeviceFile& operator=(const DeviceFile&) = delete;
  ~DeviceFile() { closing_waits_for<vfio::group_lock>(this); }

  /// VFIO_DEVICE_GET_INFO: what the device can do. 0 or an errno.
  [[nodiscard]] int describe() {
    vfio_device_info info{};
    info.argsz = sizeof info;
    const long done = descriptor.ioctl(VFIO_DEVICE_GET_INFO, pointer_argument(info));
    flags = info.flags;
    return static_cast<int>(done < 0 ? -done : 0);
  }

  /// What errors call it.
  [[nodiscard]] std::string name() const { return mdev ? mdev->text() : to_string(address); }

  std::shared_ptr<void> keeper;
  Descriptor<Sys> unplug;
  Descriptor<Sys> descriptor;
  pci::Address address;            // all zero of a mediated device
  std::optional<vfio::Uuid> mdev;  // of one
  std::uint32_t flags = 0;
};

/// Opens `address` in `group`, which has a container with an IOMMU. A virtual function whose physical one is with VFIO wants
/// the token that its owner set.
template <SystemCalls Sys>
[[nodiscard]] Result<std::unique_ptr<DeviceFile<Sys>>> open_in_group(std::shared_ptr<GroupFile<Sys>> group,
                                                                     pci::Address address,
                                                                     const std::optional<vfio::Uuid>& token) {
  constexpr auto operation = Operation::open_device;
  const std::string name = to_string(address);
  const std::string asked = token ? name + " vf_token=" + token->text() : name;
  const Sys sys = group->descriptor.sys();
  const long opened =
      group->descriptor.ioctl(VFIO_GROUP_GET_DEVICE_FD, reinterpret_cast<std::uintptr_t>(asked.c_str()));
  if (opened < 0) {
    return failure(
        explain(operation, name, static_cast<int>(-opened),
                {{ENODEV, "it is not in this group, has no VFIO driver, or is leaving",
                  "bind it to vfio-pci; just after a bind the kernel may need a moment: try again"},
                 {ENOENT, "it is not in this group, has no VFIO driver, or is leaving",
                  "bind it to vfio-pci; just after a bind the kernel may need a moment: try again"},
                 {EINVAL,
                  token ? "the group has no container with an IOMMU, or the function takes no token"
                        : "the group has no container with an IOMMU",
                  "set_container and set_iommu come first"},
                 {EAGAIN, "the reset at its opening found a lock taken", "try again once that operation is done"},
                 {EACCES,
                  token ? "the owner of its physical function set another token"
                        : "it is a virtual function that wants the token of its VF owner",
                  "pass that token"},
                 {EPERM, "the group is not viable any more", "see which of its functions a host driver has"}}));
  }
  auto file = std::make_unique<DeviceFile<Sys>>(std::move(group), Descriptor<Sys>(sys, opened), address);
  if (const int error_number = file->describe(); error_number != 0) {
    return failure(explain(operation, name, error_number));
  }
  return file;
}
/// Opens the mediated device `uuid` in `group`, which is its own and has a container with an IOMMU.
template <SystemCalls Sys>
[[nodiscard]] Result<std::unique_ptr<DeviceFile<Sys>>> open_in_group(std::shared_ptr<GroupFile<Sys>> group,
                                                                     const vfio::Uuid& uuid) {
  constexpr auto operation = Operation::open_device;
  const std::string name = uuid.text();
  const Sys sys = group->descriptor.sys();
  const long opened = group->descriptor.ioctl(VFIO_GROUP_GET_DEVICE_FD, reinterpret_cast<std::uintptr_t>(name.c_str()));
  if (opened < 0) {
    return failure(explain(
        operation, name, static_cast<int>(-opened),
        {{ENODEV, "it is not the device of this group, or is being removed", "open the group that group_of names"},
         {EINVAL, "the group has no container with an IOMMU", "set_container and set_iommu come first"}}));
  }
  auto file = std::make_unique<DeviceFile<Sys>>(std::move(group), Descriptor<Sys>(sys, opened), pci::Address{});
  file->mdev = uuid;
  if (const int error_number = file->describe(); error_number != 0) {
    return failure(explain(operation, name, error_number));
  }
  return file;
}

}  // namespace devlock::linux_host
