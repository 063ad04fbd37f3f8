// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The character device of a mediated device, as in /dev/vfio/devices: a file of the device itself, which a VM may know like a group's. It
// does nothing until it is bound; bound, it keeps the device's group from being opened, and an open group keeps it from being bound. That
// is a count under group_lock, which nobody holds meanwhile.
// Not checked: what it is bound to; there is no address space in this host.
// Source: drivers/vfio/device_cdev.c.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "devlock/backend/classify.hpp"
#include "devlock/backend/sim/mdev_driver.hpp"

namespace devlock::sim {

/// The open file as the kernel counts it.
template <Sync S>
class MdevCdevFile : public VfioFile<S> {
 public:
  using User = typename MdevDevice<S>::Users::User;

  MdevCdevFile(std::shared_ptr<MdevDriver<S>> driver, MdevDevice<S>& device, User user)
      : VfioFile<S>(own_), driver_(std::move(driver)), device_(device), user_(std::move(user)) {}
  /// The last reference went. The context of open_cdev covers it.
  ~MdevCdevFile() override {
    if (bound_.get()) {
      UncheckedContext<vfio::VfioOrder> context("a deferred fput");
      {
        Guard set{context, device_.dev_set};
        device_.opens.close(set, [](const auto&, VmState<S>*) {});
      }
      unblock(context);
    }
    user_.leave();  // a removal that waits goes on from here
  }

  [[nodiscard]] std::string name() const { return "mdev " + device_.uuid.text(); }

  /// EBUSY: the group is open. EINVAL: it is bound, or the device is open through another file.
  [[nodiscard]] int bind(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    {
      Guard group{context, device_.group->group_lock};
      if (device_.group->opened.get()) {
        return EBUSY;
      }
      device_.group->cdevs.set(device_.group->cdevs.get() + 1U);
    }
    int error_number = EINVAL;
    {
      Guard set{context, device_.dev_set};
      if (!bound_.get() && device_.opens.count() == 0U) {
        error_number =
            device_.opens.open(set, own_, [this](const auto&, VmState<S>*) { return driver_->fault(MdevStep::open); });
        bound_.set(error_number == 0);
      }
    }
    if (error_number != 0) {
      unblock(context.again());
    }
    return error_number;
  }
  [[nodiscard]] bool has_vm(vfio::ContextFor<vfio::dev_set_lock> context) DEVLOCK_REQUIRES(context) {
    Guard set{context, device_.dev_set};
    return bound_.get() && device_.opens.vm() != nullptr;
  }

 private:
  void unblock(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    Guard group{context, device_.group->group_lock};
    device_.group->cdevs.set(device_.group->cdevs.get() - 1U);
  }

  vfio::KvmPointer<S, VmState<S>> own_;
  const std::shared_ptr<MdevDriver<S>> driver_;
  MdevDevice<S>& device_;  // there while user_ is inside
  User user_;
  typename S::template var<bool> bound_{false};  // guarded by dev_set; by its own end when nobody else has it
};

/// The descriptor.
template <Sync S>
class MdevCdev {
 public:
  /// Its removal waits for its end.
  using lifetime_class = vfio::open_device;

  explicit MdevCdev(std::shared_ptr<MdevCdevFile<S>> file) : file_(std::move(file)) {}
  MdevCdev(MdevCdev&&) noexcept = default;
  MdevCdev& operator=(MdevCdev&&) noexcept = default;

  /// VFIO_DEVICE_BIND_IOMMUFD. EBUSY: its group is open. EINVAL: bound already, or the device is open through another file. EBADF.
  [[nodiscard]] Result<void> bind(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return failure(make_error(Operation::bind_iommufd, "mdev", EBADF, "the device is closed", "open it again"));
    }
    const int error_number = file_->bind(context.again());
    if (error_number == 0) {
      return {};
    }
    return failure(make_error(Operation::bind_iommufd, file_->name(), error_number,
                              error_number == EBUSY    ? "its group is open"
                              : error_number == EINVAL ? "it is bound already, here or through another descriptor"
                                                       : "a fault was injected",
                              error_number == EBUSY    ? "close the group"
                              : error_number == EINVAL ? "use the one that is bound"
                                                       : "try again"));
  }
  /// Has the device a VM? It had from the binding on, or it never has. EBADF as above.
  [[nodiscard]] Result<bool> has_vm(vfio::ContextFor<vfio::dev_set_lock> context) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return failure(make_error(Operation::open_device, "mdev", EBADF, "the device is closed", "open it again"));
    }
    return file_->has_vm(context.again());
  }
  /// Gives the descriptor back; idempotent. A VM that it is attached to keeps the file.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    (void)context;
    file_.reset();
    return {};
  }
  /// For a VM; null if closed.
  [[nodiscard]] const std::shared_ptr<MdevCdevFile<S>>& file() const { return file_; }

 private:
  std::shared_ptr<MdevCdevFile<S>> file_;
};

}  // namespace devlock::sim
