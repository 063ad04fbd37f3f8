// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An open mediated device. It keeps the descriptor of its group open, and the removal of the device waiting; the group's may be attached to
// a VM, which then keeps it open too.
// Not checked: one handle is used by several threads at once while one of them closes it.
// Source: drivers/vfio/group.c; samples/vfio-mdev/mtty.c for what the device itself answers.
#pragma once

#include <memory>
#include <optional>
#include <string>
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
    group->detach_container(guard);
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
      : open_(std::in_place, Open{std::move(file), &device, std::move(user), false}) {}
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

  /// VFIO_DEVICE_RESET. EINVAL: such a device announces no reset. EBADF: it is closed.
  [[nodiscard]] Result<void> reset([[maybe_unused]] vfio::ContextFor<vfio::memory_lock> context)
      DEVLOCK_REQUIRES(context) {
    return open_ ? failure(make_error(Operation::reset_device, name(), EINVAL, "it announces no reset",
                                      "remove it and create it again"))
                 : failure(closed(Operation::reset_device));
  }
  /// Asks to be told of an unplug. ENOTTY: such a device has no way to say it. In 6.1 that is taken, and never comes. Again is no error.
  [[nodiscard]] Result<void> watch_unplug([[maybe_unused]] vfio::ContextFor<vfio::igate> context)
      DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed(Operation::watch_unplug));
    }
    if (!open_->file->driver->profile().mtty_takes_watch) {
      return failure(make_error(Operation::watch_unplug, name(), ENOTTY, "its driver does not announce an unplug",
                                "look at the list of devices instead"));
    }
    open_->watches = true;
    return {};
  }
  /// EINVAL: watch_unplug comes first. Never true, as said there.
  [[nodiscard]] Result<bool> unplug_requested() const {
    if (!open_) {
      return failure(closed(Operation::watch_unplug));
    }
    if (!open_->watches) {
      return failure(make_error(Operation::watch_unplug, name(), EINVAL, "nobody asked to be told of an unplug",
                                "watch_unplug comes first"));
    }
    return false;
  }
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
    bool watches = false;
  };
  [[nodiscard]] std::string name() const { return "mdev " + open_->device->uuid.text(); }
  static Error closed(Operation operation = Operation::close_device) {
    return make_error(operation, "mdev", EBADF, "the device is closed", "open it again");
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
      MdevGroup<S>& of = *open.file->group;
      of.container_users.set(of.container_users.get() - 1U);
    }
    open.user.leave();  // a removal that waits goes on from here
  }

  std::optional<Open> open_;
};

}  // namespace devlock::sim
