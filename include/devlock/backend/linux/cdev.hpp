// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A device that is opened by itself, through /dev/vfio/devices/vfioN, and does its DMA through an iommufd. In this order: open,
// tell KVM of it, bind it to the iommufd, attach it to an address space. Before the bind it answers nothing else. It is a
// device as one of a group is, but for its hot reset: the iommufd proves what is the caller's, and no group is named.
//
//   auto device = host.open_cdev(context, address);
//   device->bind(context, *iommufd);
//   device->attach(context, *space);
//
// Not checked: that KVM is told before the bind; a device that asks for its VM at its opening is then without.
// Source: drivers/vfio/device_cdev.c; vfio_pci_fill_devs in drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/linux/device.hpp"
#include "devlock/backend/linux/explain_device.hpp"
#include "devlock/backend/linux/iommufd.hpp"

namespace devlock::linux_host {

/// A function that a hot reset affects, as the owner of an iommufd sees it.
struct AffectedDevice {
  pci::Address address;
  std::int32_t id = abi::not_owned;  ///< in the iommufd; 0 if it is the caller's without having one
  [[nodiscard]] bool owned() const { return id != abi::not_owned; }
  friend bool operator==(const AffectedDevice&, const AffectedDevice&) = default;
};

template <SystemCalls Sys>
class BasicCdev : public BasicDevice<Sys> {
 public:
  using Iommufd = BasicIommufd<Sys>;
  using Ioas = BasicIoas<Sys>;

  /// Opens the device's node. ENOENT: it has none: no VFIO driver, or a kernel without cdevs.
  [[nodiscard]] static Result<BasicCdev> open(const Sys& sys, const std::string& dev, const Inventory<Sys>& inventory,
                                              pci::Address address) {
    constexpr auto operation = Operation::open_cdev;
    const auto fail = [&](int error_number) {
      return failure(explain_device(
          inventory, operation, address, error_number,
          {{ENOENT, "it has no VFIO driver, or this kernel no nodes for devices",
            "bind it to vfio-pci; such nodes want Linux 6.6 with CONFIG_VFIO_DEVICE_CDEV, else open its group"},
           {ENODEV, "its VFIO driver leaves, or is not there yet", "try again in a moment"},
           {EIO, "vfio-dev of it is not what sysfs prints", "see the kernel log (dmesg)"},
           {EACCES, "this process may not open its node", "run as root, or give this user the node"}}));
    };
    const auto names = inventory.sysfs().names(inventory.sysfs().device(address) + "/vfio-dev");
    if (!names) {
      return fail(names.error());
    }
    constexpr std::string_view prefix = "vfio";
    if (names->size() != 1 || !names->front().starts_with(prefix) ||
        !parse_decimal(std::string_view(names->front()).substr(prefix.size()))) {
      return fail(names->empty() ? ENOENT : EIO);
    }
    const std::string path = dev + "/vfio/devices/" + names->front();
    const long opened = uninterrupted([&] { return sys.open(path.c_str(), O_RDWR | O_CLOEXEC); });
    if (opened < 0) {
      return fail(static_cast<int>(-opened));
    }
    auto keeps = std::make_shared<Keeps>();
    auto file = std::make_unique<DeviceFile<Sys>>(keeps, Descriptor<Sys>(sys, opened), address);
    return BasicCdev(std::move(file), std::move(keeps));
  }

  /// Gives its DMA to the iommufd, once. EBUSY: its group is open. EPERM, not owned: somebody else owns the DMA of its group.
  /// Waits for group_lock and dev_set_lock.
  [[nodiscard]] Result<void> bind([[maybe_unused]] vfio::ContextFor<vfio::group_lock> context, const Iommufd& iommufd)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::bind_iommufd;
    if (file_ == nullptr || iommufd.file() == nullptr) {
      return closed_handle(operation, file_ == nullptr ? "device" : "iommufd");
    }
    abi::BindIommufd request{sizeof request, 0, iommufd.native(), 0};
    if (const long done = file_->descriptor.ioctl(abi::bind_iommufd, pointer_argument(request)); done < 0) {
      return this->failed(
          operation, -done,
          {{EBUSY, "its group is open", "close the group: a device is used through one of the two"},
           {EINVAL, "it is bound to an iommufd already, through this descriptor or another one", "bind it once"},
           {EPERM, "somebody else owns the DMA of its group, or the platform does not isolate interrupts",
            "unbind host drivers from its group; for interrupts, allow_unsafe_interrupts=1 of iommufd"},
           {EAGAIN, "the reset at its opening found a lock taken", "try again once that operation is done"},
           {EBADFD, "that descriptor is no iommufd", "open /dev/iommu"},
           {EBADF, "the iommufd was closed by somebody else", "open it again"},
           {ENOTTY, "this kernel has no iommufd for devices", "open its group"},
           {ENODEV, "it is leaving", "close it"}});
    }
    keeps_->iommufd = iommufd.file();
    id_ = request.out_devid;
    if (const int error_number = file_->describe(); error_number != 0) {
      return this->failed(operation, error_number, {});
    }
    return {};
  }
  /// Its number in the iommufd; empty before the bind.
  [[nodiscard]] std::optional<std::uint32_t> id() const { return id_; }

  /// Translates its DMA through this address space, in place of the one before. EINVAL: it is not bound, or the two do not fit;
  /// then nothing changed. Waits for dev_set_lock.
  [[nodiscard]] Result<void> attach([[maybe_unused]] vfio::ContextFor<vfio::dev_set_lock> context, const Ioas& space)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::attach_ioas;
    if (file_ == nullptr || space.object() == nullptr) {
      return closed_handle(operation, file_ == nullptr ? "device" : "address space");
    }
    abi::AttachPageTable request{sizeof request, 0, space.id()};
    if (const long done = file_->descriptor.ioctl(abi::attach_page_table, pointer_argument(request)); done < 0) {
      return this->failed(operation, -done,
                          {{EINVAL,
                            "it is bound to no iommufd, a device of its group is attached elsewhere, or its IOMMU does "
                            "not fit this address space",
                            "bind comes first; attach what is of one group to one address space; else take another"},
                           {ENOENT, "the address space is of another iommufd, or was destroyed", "take one of its own"},
                           {EBUSY, "something else has the DMA of its group", "end that use of it"}});
    }
    keeps_->space = space.object();
    return {};
  }
  /// Its DMA reaches nothing from here on; idempotent. Waits for dev_set_lock.
  [[nodiscard]] Result<void> detach([[maybe_unused]] vfio::ContextFor<vfio::dev_set_lock> context)
      DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::detach_ioas;
    if (file_ == nullptr) {
      return closed_handle(operation, "device");
    }
    abi::DetachPageTable request{sizeof request, 0};
    if (const long done = file_->descriptor.ioctl(abi::detach_page_table, pointer_argument(request)); done < 0) {
      return this->failed(operation, -done, {{EINVAL, "it is bound to no iommufd", "there is nothing to detach"}});
    }
    keeps_->space.reset();
    return {};
  }

  /// The functions that a hot reset affects, and which are the caller's. Errors as hot_reset_list; EINVAL: it is not bound.
  [[nodiscard]] Result<std::vector<AffectedDevice>> hot_reset_info(
      [[maybe_unused]] vfio::ContextFor<vfio::dev_set_lock> context, std::size_t room = every_function)
      DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::hot_reset_info, "device");
    }
    auto list = hot_reset_list(file_->descriptor, file_->address, room);
    if (!list) {
      return failure(std::move(list.error()));
    }
    if ((list->flags & HotResetList::by_id) == 0U) {
      return this->failed(Operation::hot_reset_info, EIO, {{EIO, "the kernel lists groups, not devices", ""}});
    }
    std::vector<AffectedDevice> all;
    for (const HotResetList::Entry& one : list->entries) {
      all.push_back({one.address, one.number});
    }
    return all;
  }
  /// VFIO_DEVICE_PCI_HOT_RESET of all that hot_reset_info lists. EINVAL, not owned: the reason names the function that is not
  /// the caller's. EBUSY, EAGAIN: as through a group. Waits for dev_set_lock, and for the memory_lock of a device of the set
  /// that is not open.
  [[nodiscard]] Result<void> hot_reset([[maybe_unused]] vfio::ContextFor<vfio::dev_set_lock> context)
      DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::hot_reset, "device");
    }
    const long done = linux_host::hot_reset(file_->descriptor, {});
    if (done == 0) {
      return {};
    }
    Error error = hot_reset_error(file_->address, static_cast<int>(-done));
    if (done == -EINVAL) {
      error.remedy = "open each function, and bind it to the same iommufd";
      if (const auto affected = hot_reset_info(context.again())) {
        for (const AffectedDevice& one : *affected) {
          if (!one.owned()) {
            error.reason = "it affects " + to_string(one.address) + ", which is not of this iommufd";
            break;
          }
        }
      }
    }
    return failure(std::move(error));
  }

 private:
  // Destroyed from below, after the device: the address space, then the iommufd.
  struct Keeps {
    std::shared_ptr<Descriptor<Sys>> iommufd;
    std::shared_ptr<IoasObject<Sys>> space;
  };
  using BasicDevice<Sys>::file_;

  BasicCdev(std::unique_ptr<DeviceFile<Sys>> file, std::shared_ptr<Keeps> keeps)
      : BasicDevice<Sys>(std::move(file)), keeps_(keeps.get()) {}

  Keeps* keeps_;  // of file_
  std::optional<std::uint32_t> id_;
};

}  // namespace devlock::linux_host
