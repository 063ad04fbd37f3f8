// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The one open descriptor of a mediated device's group: status, container, the device. In a container it claims no DMA, so it is always
// viable. It dies with its device, and leaves its container then.
// Not checked: one handle is used by several threads at once while one of them closes it.
// Source: drivers/vfio/group.c, drivers/vfio/container.c: groups of type VFIO_EMULATED_IOMMU.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "devlock/backend/concept.hpp"
#include "devlock/backend/sim/mdev_file.hpp"

namespace devlock::sim {

template <Sync S>
class MdevGroupHandle {
 public:
  using Container = sim::Container<S>;
  using Device = MdevFile<S>;

  explicit MdevGroupHandle(std::shared_ptr<MdevGroupFile<S>> file) : file_(std::move(file)) {}
  MdevGroupHandle(MdevGroupHandle&&) noexcept = default;
  MdevGroupHandle& operator=(MdevGroupHandle&&) noexcept = default;

  /// VFIO_GROUP_GET_STATUS. ENODEV: its device left. EBADF: it is closed.
  [[nodiscard]] Result<GroupStatus> status(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed(Operation::group_status);
    }
    MdevGroup<S>& group = *file_->group;
    Guard guard{context, group.group_lock};
    if (!group.alive.get()) {
      return left(Operation::group_status);
    }
    return GroupStatus{true, group.container != nullptr};
  }
  /// VFIO_GROUP_SET_CONTAINER. EINVAL: it has a container. ENODEV: its device left. EBADF: one of the two is closed.
  [[nodiscard]] Result<void> set_container(vfio::ContextFor<vfio::group_lock> context, const Container& container)
      DEVLOCK_REQUIRES(context) {
    const auto& state = container.state();
    if (file_ == nullptr || state == nullptr) {
      return closed(Operation::set_container);
    }
    MdevGroup<S>& group = *file_->group;
    Guard guard{context, group.group_lock};
    if (group.container != nullptr) {
      return refuse(Operation::set_container, EINVAL, "the group is in a container already",
                    "take it out of that first");
    }
    if (!group.alive.get()) {
      return left(Operation::set_container);
    }
    Guard inside{guard, state->lock};
    state->emulated.set(state->emulated.get() + 1U);
    group.container = state;
    group.container_users.set(1U);
    return {};
  }
  /// VFIO_GROUP_UNSET_CONTAINER. EINVAL: it has none. EBUSY: its device is open. EBADF: it is closed.
  [[nodiscard]] Result<void> unset_container(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return closed(Operation::unset_container);
    }
    MdevGroup<S>& group = *file_->group;
    Guard guard{context, group.group_lock};
    if (group.container == nullptr) {
      return refuse(Operation::unset_container, EINVAL, "the group is in no container", "there is nothing to leave");
    }
    if (group.container_users.get() != 1U) {
      return refuse(Operation::unset_container, EBUSY, "its device is open", "close it first");
    }
    group.detach_container(guard);
    return {};
  }
  /// VFIO_GROUP_GET_DEVICE_FD. EINVAL: no uuid, no container, or one without its IOMMU. ENODEV: not the device of this group, or one that
  /// is being removed. EBADF: it is closed.
  [[nodiscard]] Result<Device> open_device(vfio::ContextFor<vfio::group_lock> context, std::string_view text)
      DEVLOCK_REQUIRES(context) {
    const auto uuid = vfio::Uuid::parse(text);
    if (file_ == nullptr || !uuid) {
      return failure(make_error(Operation::open_device, "mdev " + std::string(text), file_ == nullptr ? EBADF : EINVAL,
                                file_ == nullptr ? "the group is closed" : "this is no uuid",
                                file_ == nullptr ? "open the group first" : "name the device as it was created"));
    }
    return open_device(context.again(), *uuid);
  }
  [[nodiscard]] Result<Device> open_device(vfio::ContextFor<vfio::group_lock> context, const vfio::Uuid& uuid)
      DEVLOCK_REQUIRES(context) {
    const auto refused = [&](int error_number, const char* reason, const char* remedy) {
      return failure(make_error(Operation::open_device, "mdev " + uuid.text(), error_number, reason, remedy));
    };
    if (file_ == nullptr) {
      return refused(EBADF, "the group is closed", "open the group first");
    }
    MdevGroup<S>& group = *file_->group;
    typename Device::User user;
    MdevDevice<S>* device = nullptr;
    {
      Guard list{context, group.device_lock};
      device = group.device.get();
      if (device != nullptr && device->uuid == uuid) {
        user = file_->driver->profile().opens_while_unbinding ? device->users.enter_or_join() : device->users.enter();
      }
    }
    if (!user) {
      return refused(ENODEV, "it is not the device of this group, or no longer", "look at the group of the device");
    }
    Guard guard{context, group.group_lock};
    if (group.container == nullptr) {
      return refused(EINVAL, "the group is in no container", "put the group into a container first");
    }
    {
      Guard inside{guard, group.container->lock};
      if (!group.container->iommu_set.get()) {
        return refused(EINVAL, "the container has no IOMMU yet", "set the container's IOMMU first");
      }
    }
    Guard set{guard, device->dev_set};
    if (const int error_number = device->opens.open(
            set, group.kvm, [&](const auto&, VmState<S>*) { return file_->driver->fault(MdevStep::open); })) {
      return refused(error_number, "a fault was injected", "try again");
    }
    group.container_users.set(group.container_users.get() + 1U);
    return Device(file_, *device, std::move(user));
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
  [[nodiscard]] Failure refuse(Operation operation, int error_number, const char* reason, const char* remedy) const {
    return failure(
        make_error(operation, file_ == nullptr ? "mdev group" : file_->group->name(), error_number, reason, remedy));
  }
  [[nodiscard]] Failure closed(Operation operation) const {
    return refuse(operation, EBADF, "the group or the container is closed", "open it first");
  }
  [[nodiscard]] Failure left(Operation operation) const {
    return refuse(operation, ENODEV, "the device of the group left", "close the group");
  }

  std::shared_ptr<MdevGroupFile<S>> file_;
};

}  // namespace devlock::sim
