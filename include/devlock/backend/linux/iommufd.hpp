// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An iommufd and its address spaces: what a container is for groups, for devices that are opened by themselves. An address
// space keeps the iommufd open, and a device that is attached keeps the address space.
//
//   auto iommufd = host.open_iommufd();
//   auto space = iommufd->create_ioas();
//
// Not checked: mappings; native() and id() are for them.
// Source: drivers/iommu/iommufd/main.c, ioas.c.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "devlock/backend/linux/descriptor.hpp"
#include "devlock/backend/linux/explain.hpp"
#include "devlock/backend/linux/iommufd_abi.hpp"

namespace devlock::linux_host {

/// An address space, shared by its handle and by the devices that are attached to it. The last one to go destroys it.
template <SystemCalls Sys>
struct IoasObject {
  IoasObject(std::shared_ptr<Descriptor<Sys>> of, std::uint32_t number) : iommufd(std::move(of)), id(number) {}
  IoasObject(const IoasObject&) = delete;
  IoasObject& operator=(const IoasObject&) = delete;
  ~IoasObject() { (void)destroy(); }

  /// 0 or an errno; once.
  int destroy() {
    if (iommufd == nullptr) {
      return 0;
    }
    const auto file = std::move(iommufd);
    abi::DestroyObject request{sizeof request, id};
    const long done = file->ioctl(abi::destroy_object, pointer_argument(request));
    return static_cast<int>(done < 0 ? -done : 0);
  }

  std::shared_ptr<Descriptor<Sys>> iommufd;
  std::uint32_t id;
};

template <SystemCalls Sys>
class BasicIoas {
 public:
  explicit BasicIoas(std::shared_ptr<IoasObject<Sys>> object) : object_(std::move(object)) {}
  BasicIoas(BasicIoas&&) noexcept = default;
  BasicIoas& operator=(BasicIoas&&) noexcept = default;

  /// The kernel's number of it, for maps; 0 if the handle is closed, which no object has.
  [[nodiscard]] std::uint32_t id() const { return object_ == nullptr ? 0 : object_->id; }
  /// Gives it back; idempotent. Destroyed at once, or with the last device that is attached. EBUSY: something else uses it.
  [[nodiscard]] Result<void> close() {
    const auto object = std::move(object_);
    if (object == nullptr || object.use_count() != 1) {
      return {};
    }
    if (const int error_number = object->destroy(); error_number != 0) {
      return failure(
          explain(Operation::destroy_ioas, "address space " + std::to_string(object->id), error_number,
                  {{EBUSY, "a page table or a device of the program uses it", "destroy or detach that first"},
                   {ENOENT, "it was destroyed by somebody else", ""}}));
    }
    return {};
  }
  /// For devices that are attached to it.
  [[nodiscard]] const std::shared_ptr<IoasObject<Sys>>& object() const { return object_; }

 private:
  std::shared_ptr<IoasObject<Sys>> object_;
};

template <SystemCalls Sys>
class BasicIommufd {
 public:
  using Ioas = BasicIoas<Sys>;
  using File = Descriptor<Sys>;

  /// Opens /dev/iommu.
  [[nodiscard]] static Result<BasicIommufd> open(const Sys& sys, const std::string& dev) {
    const std::string path = dev + "/iommu";
    const long opened = uninterrupted([&] { return sys.open(path.c_str(), O_RDWR | O_CLOEXEC); });
    if (opened < 0) {
      constexpr const char* load = "load it: modprobe iommufd; it wants Linux 6.6 with CONFIG_IOMMUFD";
      return failure(explain(Operation::open_iommufd, path, static_cast<int>(-opened),
                             {{ENOENT, "iommufd is not loaded, or this kernel has none", load},
                              {ENODEV, "iommufd is not loaded, or this kernel has none", load},
                              {ENXIO, "iommufd is not loaded, or this kernel has none", load},
                              {EACCES, "this process may not open it", "run as root, or give this user the node"}}));
    }
    return BasicIommufd(std::make_shared<File>(sys, opened));
  }

  /// A new address space, without mappings.
  [[nodiscard]] Result<Ioas> create_ioas() {
    constexpr auto operation = Operation::create_ioas;
    if (file_ == nullptr) {
      return closed_handle(operation, "iommufd");
    }
    abi::AllocateIoas request{sizeof request, 0, 0};
    if (const long done = file_->ioctl(abi::allocate_ioas, pointer_argument(request)); done < 0) {
      return failure(explain(operation, "iommufd", static_cast<int>(-done), {{ENOTTY, "it is no iommufd", ""}}));
    }
    return Ioas(std::make_shared<IoasObject<Sys>>(file_, request.out_ioas_id));
  }

  /// Gives it back; idempotent. Address spaces and devices keep it open.
  [[nodiscard]] Result<void> close() {
    const int error_number = close_if_last(std::move(file_));
    return error_number == 0 ? Result<void>() : failure(explain(Operation::close_iommufd, "iommufd", error_number));
  }
  /// The descriptor, for maps; -1 if the handle is closed. It stays this handle's.
  [[nodiscard]] int native() const { return file_ == nullptr ? -1 : file_->get(); }
  /// For devices that are bound to it.
  [[nodiscard]] const std::shared_ptr<File>& file() const { return file_; }

  // One owner, though the file behind it is shared.
  BasicIommufd(BasicIommufd&&) noexcept = default;
  BasicIommufd& operator=(BasicIommufd&&) noexcept = default;
  BasicIommufd(const BasicIommufd&) = delete;
  BasicIommufd& operator=(const BasicIommufd&) = delete;

 private:
  explicit BasicIommufd(std::shared_ptr<File> file) : file_(std::move(file)) {}

  std::shared_ptr<File> file_;
};

}  // namespace devlock::linux_host
