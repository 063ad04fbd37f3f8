// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An open IOMMU group: the unit of ownership. One process at a time has it; it takes a container only if no function of it is
// bound to a host driver, and if it does not, the error names that function.
// Not checked: that two threads do not use one handle at once; guard it with a lock of class group_lock.
// Source: drivers/vfio/group.c, drivers/vfio/container.c.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "devlock/backend/linux/device.hpp"
#include "devlock/backend/linux/inventory.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class BasicGroup {
 public:
  using Container = BasicContainer<Sys>;
  using Device = BasicDevice<Sys>;
  using MayWaitForGroup = vfio::ContextFor<vfio::group_lock>;

  /// Opens /dev/vfio/NUMBER. EBUSY, held, if it is open already, here or elsewhere.
  [[nodiscard]] static Result<BasicGroup> open(const Sys& sys, const std::string& dev, Inventory<Sys> inventory,
                                               int number) {
    constexpr auto operation = Operation::open_group;
    const std::string object = "group " + std::to_string(number);
    if (number < 0) {
      return failure(make_error(operation, object, EINVAL, "the number of a group is not negative",
                                "a device without a group has no IOMMU; switch it on"));
    }
    const std::string path = dev + "/vfio/" + std::to_string(number);
    const long opened = uninterrupted([&] { return sys.open(path.c_str(), O_RDWR | O_CLOEXEC); });
    if (opened < 0) {
      Error error = explain(
          operation, object, static_cast<int>(-opened),
          {{EBUSY, "it is open already, or a device of it is", "close it there; fuser /dev/vfio/* names the process"},
           {ENOENT, "none of its functions is bound to a VFIO driver",
            "bind one to vfio-pci (modprobe vfio-pci if there is no such driver)"},
           {ENODEV, "its last VFIO device is leaving, or the first not there yet", "try again in a moment"},
           {ENXIO, "its last VFIO device left just now", "try again in a moment"},
           {EACCES, "this process may not open its node", "run as root, or give this user the node"},
           {EPERM, "it has no IOMMU, which wants CAP_SYS_RAWIO", "run it as root"}});
      if (opened == -ENOENT && !inventory.sysfs().exists(inventory.sysfs().group_devices(number)).value_or(true)) {
        error.reason = "there is no such IOMMU group";
        error.remedy = "see /sys/kernel/iommu_groups";
      }
      return failure(std::move(error));
    }
    return BasicGroup(std::make_shared<GroupFile<Sys>>(Descriptor<Sys>(sys, opened), number), std::move(inventory));
  }

  /// -1 if the handle was moved from.
  [[nodiscard]] int id() const { return file_ == nullptr ? -1 : file_->id; }

  [[nodiscard]] Result<GroupStatus> status([[maybe_unused]] MayWaitForGroup context) DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::group_status;
    if (file_ == nullptr) {
      return closed_handle(operation, "group");
    }
    vfio_group_status now{};
    now.argsz = sizeof now;
    if (const long done = file_->descriptor.ioctl(VFIO_GROUP_GET_STATUS, pointer_argument(now)); done < 0) {
      return failed(operation, -done, {});
    }
    return GroupStatus{(now.flags & VFIO_GROUP_FLAGS_VIABLE) != 0U, (now.flags & VFIO_GROUP_FLAGS_CONTAINER_SET) != 0U};
  }

  /// Joins the container. EPERM, not owned, names the functions that a host driver has.
  [[nodiscard]] Result<void> set_container([[maybe_unused]] MayWaitForGroup context, Container& container)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::set_container;
    if (file_ == nullptr || container.file() == nullptr) {
      return closed_handle(operation, file_ == nullptr ? "group" : "container");
    }
    std::int32_t fd = container.native();
    const long done = file_->descriptor.ioctl(VFIO_GROUP_SET_CONTAINER, pointer_argument(fd));
    if (done == -EPERM) {
      return failure(not_viable());
    }
    if (done < 0) {
      return failed(operation, -done,
                    {{EINVAL, "it is in a container already, or this is none", "unset_container comes first"},
                     {EBUSY, "a device of it has another IOMMU domain", "end that use first"},
                     {ENODEV, "its last VFIO device left", "bind one to vfio-pci"}});
    }
    file_->container = container.file();
    return {};
  }

  /// Leaves the container. EBUSY while a device of the group is open.
  [[nodiscard]] Result<void> unset_container([[maybe_unused]] MayWaitForGroup context) DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::unset_container;
    if (file_ == nullptr) {
      return closed_handle(operation, "group");
    }
    if (const long done = file_->descriptor.ioctl(VFIO_GROUP_UNSET_CONTAINER); done < 0) {
      return failed(
          operation, -done,
          {{EBUSY, "a device of it is open", "close its devices first"}, {EINVAL, "it is in no container", ""}});
    }
    file_->container.reset();
    return {};
  }

  /// Opens a function of this group, which has a container with an IOMMU.
  [[nodiscard]] Result<Device> open_device([[maybe_unused]] MayWaitForGroup context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::open_device, "group");
    }
    return Device::open(file_, address);
  }
  /// A virtual function, with the token that the owner of its physical function set. EACCES: it is another one.
  [[nodiscard]] Result<Device> open_device([[maybe_unused]] MayWaitForGroup context, pci::Address address,
                                           const vfio::Uuid& token) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::open_device, "group");
    }
    return Device::open(file_, address, token);
  }

  /// The mediated device whose group this is. Braces are an address.
  [[nodiscard]] Result<Device> open_device([[maybe_unused]] MayWaitForGroup context,
                                           const std::same_as<vfio::Uuid> auto& mdev) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::open_device, "group");
    }
    return Device::open(file_, mdev);
  }

  /// Gives it back; idempotent. Devices opened through it keep its descriptor open, and so does a VM that has it.
  [[nodiscard]] Result<void> close([[maybe_unused]] MayWaitForGroup context) DEVLOCK_REQUIRES(context) {
    const auto file = std::move(file_);
    const int error_number = file != nullptr && file.use_count() == 1 ? file->descriptor.close() : 0;
    return error_number == 0
               ? Result<void>()
               : failure(explain(Operation::close_group, "group " + std::to_string(file->id), error_number));
  }

  /// The descriptor; -1 if the handle was moved from. It stays this handle's.
  [[nodiscard]] int native() const { return file_ == nullptr ? -1 : file_->descriptor.get(); }

  /// For those that open groups; never null.
  BasicGroup(std::shared_ptr<GroupFile<Sys>> file, Inventory<Sys> inventory)
      : file_(std::move(file)), inventory_(std::move(inventory)) {}
  /// For devices that are opened through it.
  [[nodiscard]] const std::shared_ptr<GroupFile<Sys>>& file() const { return file_; }
  /// For a hot reset that was refused: why, of these functions and with these groups.
  void say_what_is_not_owned(Error& error, std::span<const AffectedFunction> affected,
                             std::span<BasicGroup* const> groups) const {
    for (const AffectedFunction& one : affected) {
      if (std::none_of(groups.begin(), groups.end(),
                       [&](const auto* group) { return group->id() == one.iommu_group; })) {
        error.reason = "it affects " + to_string(one.address) + " of group " + std::to_string(one.iommu_group) +
                       ", which is not named";
        error.remedy = "open that group and name it too";
        return;
      }
    }
    for (const AffectedFunction& one : affected) {
      const auto driver = inventory_.driver_of(one.address);
      if (driver && driver->find("vfio") == std::string::npos) {
        error.reason = "it affects " + to_string(one.address) + ", which " +
                       (driver->empty() ? std::string("no driver has") : "is bound to " + *driver);
        error.remedy = "bind it to vfio-pci";
        return;
      }
    }
    if (groups.size() > affected.size()) {
      error.reason = std::to_string(groups.size()) + " groups are named, and it affects " +
                     std::to_string(affected.size()) + " functions";
      error.remedy = "name each group once, and only those of functions that it affects";
    }
  }

  // One owner, though the file behind it is shared.
  BasicGroup(BasicGroup&&) noexcept = default;
  BasicGroup& operator=(BasicGroup&&) noexcept = default;
  BasicGroup(const BasicGroup&) = delete;
  BasicGroup& operator=(const BasicGroup&) = delete;

 private:
  [[nodiscard]] std::string object() const { return "group " + std::to_string(file_->id); }
  [[nodiscard]] Failure failed(Operation operation, long error_number, std::initializer_list<Meaning> known) const {
    return failure(explain(operation, object(), static_cast<int>(error_number), known));
  }
  // These drivers do no DMA of their own, or leave it to a user: driver_managed_dma in the kernel.
  [[nodiscard]] bool harmless(const DeviceInfo& info) const {
    return info.driver.empty() || info.driver == "pci-stub" || info.driver == "pcieport" ||
           info.driver.find("vfio") != std::string::npos ||
           inventory_.sysfs().exists(inventory_.sysfs().device(info.address) + "/vfio-dev").value_or(false);
  }
  [[nodiscard]] Error not_viable() const {
    std::string culprits;
    if (const auto members = inventory_.group_members(file_->id)) {
      for (const DeviceInfo& info : *members) {
        if (!harmless(info)) {
          culprits += (culprits.empty() ? "" : ", ") + to_string(info.address) + " is bound to " + info.driver;
        }
      }
    }
    const bool named = !culprits.empty();
    return make_error(Operation::set_container, object(), EPERM,
                      named ? "not viable: " + culprits : "somebody else owns the DMA of its devices",
                      named ? "bind each to vfio-pci or unbind it" : "end that use first");
  }

  std::shared_ptr<GroupFile<Sys>> file_;
  Inventory<Sys> inventory_;
};

}  // namespace devlock::linux_host
