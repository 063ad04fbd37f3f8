// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Open descriptors of a mediated device and of its group. The device's keeps that of the group open, and the removal of the device
// waiting; the group's may be attached to a VM, which then keeps it open too.
// Not checked: one handle is used by several threads at once while one of them closes it.
// Source: drivers/vfio/group.c.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "devlock/backend/classify.hpp"
#include "devlock/backend/sim/mdev_driver.hpp"

namespace devlock::sim {

/// The open descriptor of the group as the kernel counts it.
template <Sync S>
class MdevGroupFile : public VfioFile<S> {
 public:
  MdevGroupFile(std::shared_ptr<MdevDriver<S>> of, std::shared_ptr<MdevGroup<S>> which)
      : VfioFile<S>(which->kvm), driver(std::move(of)), group(std::move(which)) {}
  /// The contexts under which its handles were made cover it.
  ~MdevGroupFile() override {
    UncheckedContext<vfio::VfioOrder> context("a deferred fput");
    Guard guard{context, group->group_lock};
    group->opened.set(false);
  }

  const std::shared_ptr<MdevDriver<S>> driver;
  const std::shared_ptr<MdevGroup<S>> group;
};

/// An open mediated device.
template <Sync S>
class MdevFile {
 public:
  using User = typename MdevDevice<S>::Users::User;
  /// Its removal waits for its end.
  using lifetime_class = vfio::open_device;

  /// For MdevGroupHandle::open_device.
  MdevFile(std::shared_ptr<MdevGroupFile<S>> file, MdevDevice<S>& device, User user)
      : open_(std::in_place, Open{std::move(file), &device, std::move(user)}) {}
  MdevFile(MdevFile&& other) noexcept : open_(std::exchange(other.open_, std::nullopt)) {}
  MdevFile& operator=(MdevFile&& other) noexcept {
    if (this != &other) {
      drop();
      open_ = std::exchange(other.open_, std::nullopt);
    }
    return *this;
  }
  /// Closes it, as close() does and as the context of open_device says.
  ~MdevFile() { drop(); }

  /// Has the device a VM? It had from its first open on, or it never has.
  [[nodiscard]] Result<bool> has_vm(vfio::ContextFor<vfio::dev_set_lock> context) DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed());
    }
    Guard set{context, open_->device->dev_set};
    return open_->device->opens.vm() != nullptr;
  }
  /// EBADF: closed already. The last close puts the VM, and destroys it if nobody else refers to it.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed());
    }
    shut(context.again());
    return {};
  }

 private:
  struct Open {
    std::shared_ptr<MdevGroupFile<S>> file;
    MdevDevice<S>* device;  // there while `user` is inside
    User user;
  };
  static Error closed() {
    return make_error(Operation::close_device, "mdev", EBADF, "the device is closed", "open it again");
  }
  void drop() {
    if (open_) {
      UncheckedContext<vfio::VfioOrder> context("the context of open_device bounds what a destructor may wait for");
      shut(context);
    }
  }
  void shut(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    Open open = std::move(*open_);
    open_.reset();
    {
      Guard group{context, open.file->group->group_lock};
      Guard set{group, open.device->dev_set};
      open.device->opens.close(set, [](const auto&, VmState<S>*) {});
    }
    open.user.leave();  // a removal that waits goes on from here
  }

  std::optional<Open> open_;
};

/// The one open descriptor of a mediated device's group.
template <Sync S>
class MdevGroupHandle {
 public:
  explicit MdevGroupHandle(std::shared_ptr<MdevGroupFile<S>> file) : file_(std::move(file)) {}
  MdevGroupHandle(MdevGroupHandle&&) noexcept = default;
  MdevGroupHandle& operator=(MdevGroupHandle&&) noexcept = default;

  /// VFIO_GROUP_GET_DEVICE_FD. EINVAL: no uuid. ENODEV: not the device of this group, or one that is being removed. EBADF: it is closed.
  [[nodiscard]] Result<MdevFile<S>> open_device(vfio::ContextFor<vfio::group_lock> context, std::string_view uuid)
      DEVLOCK_REQUIRES(context) {
    const auto refuse = [&](int error_number, const char* reason, const char* remedy) {
      return failure(make_error(Operation::open_device, "mdev " + std::string(uuid), error_number, reason, remedy));
    };
    if (file_ == nullptr) {
      return refuse(EBADF, "the group is closed", "open the group first");
    }
    const auto name = vfio::Uuid::parse(uuid);
    if (!name) {
      return refuse(EINVAL, "this is no uuid", "name the device as it was created");
    }
    MdevGroup<S>& group = *file_->group;
    typename MdevFile<S>::User user;
    MdevDevice<S>* device = nullptr;
    {
      Guard list{context, group.device_lock};
      device = group.device.get();
      if (device != nullptr && device->uuid == *name) {
        user = device->users.enter();
      }
    }
    if (!user) {
      return refuse(ENODEV, "it is not the device of this group, or no longer", "look at the group of the device");
    }
    Guard guard{context, group.group_lock};
    Guard set{guard, device->dev_set};
    if (const int error_number = device->opens.open(
            set, group.kvm, [&](const auto&, VmState<S>*) { return file_->driver->fault(MdevStep::open); })) {
      return refuse(error_number, "a fault was injected", "try again");
    }
    return MdevFile<S>(file_, *device, std::move(user));
  }
  /// Gives the descriptor back; idempotent.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    (void)context;
    file_.reset();
    return {};
  }
  /// For a VM; null if closed.
  [[nodiscard]] const std::shared_ptr<MdevGroupFile<S>>& file() const { return file_; }

 private:
  std::shared_ptr<MdevGroupFile<S>> file_;
};

}  // namespace devlock::sim
