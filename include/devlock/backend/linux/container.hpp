// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VFIO container: the address space that groups join. The descriptor is shared by the handle and by every group that
// joined, so whichever is destroyed last closes it.
// Not checked: that two threads do not use one handle at once; guard it with a lock of your own.
// Source: drivers/vfio/container.c, drivers/vfio/vfio_iommu_type1.c.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <linux/vfio.h>

#include "devlock/backend/linux/descriptor.hpp"
#include "devlock/backend/linux/explain.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class BasicContainer {
 public:
  using File = Descriptor<Sys>;

  /// Opens /dev/vfio/vfio and checks that the kernel speaks this version and has the type 1 v2 IOMMU.
  [[nodiscard]] static Result<BasicContainer> open(const Sys& sys, const std::string& dev) {
    constexpr auto operation = Operation::open_container;
    const std::string path = dev + "/vfio/vfio";
    const long opened = uninterrupted([&] { return sys.open(path.c_str(), O_RDWR | O_CLOEXEC); });
    if (opened < 0) {
      return failure(explain(operation, path, static_cast<int>(-opened),
                             {{ENOENT, "VFIO is not loaded", "load it: modprobe vfio-pci"},
                              {ENODEV, "VFIO is not loaded", "load it: modprobe vfio-pci"},
                              {EACCES, "this process may not open it", "run as root, or give this user the node"}}));
    }
    return checked(File(sys, opened), operation, path);
  }
  /// For a descriptor that was opened elsewhere: with the same checks, of its kind too.
  [[nodiscard]] static Result<BasicContainer> adopt(File file, Tenure tenure) {
    const std::string object = "descriptor " + std::to_string(file.get());
    auto container = checked(std::move(file), Operation::adopt_descriptor, object);
    if (container && tenure == Tenure::owned) {
      if (const int error_number = container->file_->take(); error_number != 0) {
        return failure(explain(Operation::adopt_descriptor, object, error_number));
      }
    }
    return container;
  }

  /// Chooses the type 1 v2 IOMMU. After the first group joined; once.
  [[nodiscard]] Result<void> set_iommu([[maybe_unused]] vfio::ContextFor<vfio::container_lock> context)
      DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed_handle(Operation::set_iommu, "container");
    }
    const long done = file_->ioctl(VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
    if (done < 0) {
      return failure(explain(
          Operation::set_iommu, "container", static_cast<int>(-done),
          {{EINVAL, "no group joined it, or the last VFIO device of its group left, or its IOMMU is set already",
            "call it once, after set_container"},
           {EPERM, "the platform does not isolate interrupts",
            "switch interrupt remapping on, or accept the risk: allow_unsafe_interrupts=1 of vfio_iommu_type1"},
           {ENODEV, "no IOMMU driver takes this group", "load it: modprobe vfio_iommu_type1"},
           {EBUSY, "a device of the group has another IOMMU domain", ""}}));
    }
    return {};
  }

  /// Gives it back; idempotent. Waits for nothing. The groups that joined keep the descriptor open.
  [[nodiscard]] Result<void> close() {
    const int error_number = close_if_last(std::move(file_));
    return error_number == 0 ? Result<void>() : failure(explain(Operation::close_container, "container", error_number));
  }

  /// The descriptor, for DMA maps and the like; -1 if the handle was moved from. It stays this handle's.
  [[nodiscard]] int native() const { return file_ == nullptr ? -1 : file_->get(); }
  /// For groups that join.
  [[nodiscard]] const std::shared_ptr<File>& file() const { return file_; }

  // One owner, though the file behind it is shared.
  BasicContainer(BasicContainer&&) noexcept = default;
  BasicContainer& operator=(BasicContainer&&) noexcept = default;
  BasicContainer(const BasicContainer&) = delete;
  BasicContainer& operator=(const BasicContainer&) = delete;

 private:
  // It is VFIO's node, in a version that is known, with the IOMMU driver that set_iommu wants.
  [[nodiscard]] static Result<BasicContainer> checked(File file, Operation operation, const std::string& path) {
    const long version = file.ioctl(VFIO_GET_API_VERSION);
    if (version < 0) {
      return failure(explain(operation, path, static_cast<int>(-version), {{ENOTTY, "it is not VFIO's node", ""}}));
    }
    if (version != VFIO_API_VERSION) {
      return failure(make_error(operation, path, EOPNOTSUPP,
                                "the kernel speaks version " + std::to_string(version) +
                                    " of VFIO, this program version " + std::to_string(VFIO_API_VERSION)));
    }
    const long supported = file.ioctl(VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU);
    if (supported < 0) {
      return failure(explain(operation, path, static_cast<int>(-supported)));
    }
    if (supported == 0) {
      const bool old = file.ioctl(VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU) > 0;
      return failure(make_error(operation, path, EOPNOTSUPP,
                                old ? "its type 1 IOMMU has no version 2" : "the kernel has no type 1 IOMMU driver",
                                old ? "use a newer kernel" : "load it: modprobe vfio_iommu_type1"));
    }
    return BasicContainer(std::make_shared<File>(std::move(file)));
  }

  explicit BasicContainer(std::shared_ptr<File> file) : file_(std::move(file)) {}

  std::shared_ptr<File> file_;
};

}  // namespace devlock::linux_host
