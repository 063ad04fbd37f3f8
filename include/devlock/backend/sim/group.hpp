// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The one open descriptor of a VFIO group: status, container, devices. Closing the handle frees the group once no device opened
// through it is open and no VM has it attached.
// Not checked: one handle is used by several threads at once while one of them closes it.
// Source: drivers/vfio/group.c, drivers/vfio/container.c.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "devlock/backend/sim/device.hpp"

namespace devlock::sim {

template <Sync S>
class Group {
 public:
  using Container = sim::Container<S>;
  using Device = sim::Device<S>;

  /// For Host::open_group.
  explicit Group(std::shared_ptr<GroupFile<S>> file) : id_(file->group().iommu.id), file_(std::move(file)) {}
  Group(Group&&) noexcept = default;
  Group& operator=(Group&&) noexcept = default;

  [[nodiscard]] int id() const { return id_; }
  [[nodiscard]] std::string name() const { return "group " + std::to_string(id_); }

  /// VFIO_GROUP_GET_STATUS. ENODEV: its last VFIO device left.
  [[nodiscard]] Result<GroupStatus> status(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::group_status); !usable) {
      return failure(std::move(usable).error());
    }
    VfioGroup<S>& group = file_->group();
    Guard guard{context, group.group_lock};
    if (!group.alive.get()) {
      return failure(left(Operation::group_status));
    }
    if (const int error_number = fault(Operation::group_status)) {
      return failure(make_error(Operation::group_status, name(), error_number, "a fault was injected", "try again"));
    }
    const bool set = group.container != nullptr;
    return GroupStatus{set || group.iommu.ownership.users(guard) == 0, set};
  }

  /// VFIO_GROUP_SET_CONTAINER: claims the DMA of the whole group. EINVAL: it has a container. EPERM: a function of it is driven by the
  /// host. ENODEV: its last VFIO device left. EBADF: one of the two is closed.
  [[nodiscard]] Result<void> set_container(vfio::ContextFor<vfio::group_lock> context, Container& container)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::set_container); !usable) {
      return usable;
    }
    const auto& state = container.state();
    if (state == nullptr) {
      return failure(
          make_error(Operation::set_container, name(), EBADF, "the container is closed", "open a container first"));
    }
    VfioGroup<S>& group = file_->group();
    Guard guard{context, group.group_lock};
    if (group.container != nullptr) {
      return failure(make_error(Operation::set_container, name(), EINVAL, "the group is in a container already",
                                "take it out of that first"));
    }
    if (!group.alive.get()) {
      return failure(left(Operation::set_container));
    }
    Guard inside{guard, state->lock};
    auto claim = group.iommu.ownership.claim(inside, &group);
    if (!claim) {
      if (claim.error() == ClaimError::foreign) {
        return failure(on_foreign_domain());
      }
      return failure(not_viable());
    }
    if (const int error_number = fault(Operation::set_container)) {
      claim.give_back();
      return failure(make_error(Operation::set_container, name(), error_number, "a fault was injected", "try again"));
    }
    if (state->iommu_set.get() && group.iommu.ownership.attach(inside) != ClaimError::none) {
      claim.give_back();
      return failure(on_foreign_domain());
    }
    group.claim = std::move(claim);
    group.container = state;
    group.container_users.set(1U);
    state->groups.push_back(&group);
    return {};
  }

  /// VFIO_GROUP_UNSET_CONTAINER. EINVAL: it has none. EBUSY: a device of it is open.
  [[nodiscard]] Result<void> unset_container(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::unset_container); !usable) {
      return usable;
    }
    VfioGroup<S>& group = file_->group();
    Guard guard{context, group.group_lock};
    if (group.container == nullptr) {
      return failure(make_error(Operation::unset_container, name(), EINVAL, "the group is in no container",
                                "there is nothing to leave"));
    }
    if (group.container_users.get() != 1U) {
      return failure(make_error(Operation::unset_container, name(), EBUSY, "a device of the group is open",
                                "close its devices first"));
    }
    if (const int error_number = fault(Operation::unset_container)) {
      return failure(make_error(Operation::unset_container, name(), error_number, "a fault was injected", "try again"));
    }
    group.detach_container(guard);
    return {};
  }

  /// VFIO_GROUP_GET_DEVICE_FD. ENODEV: not a VFIO device of this group, or one that is being unbound. EINVAL: no container, or one
  /// without its IOMMU. EAGAIN: the reset at the first open found the device lock taken.
  [[nodiscard]] Result<Device> open_device(vfio::ContextFor<vfio::group_lock> context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::open_device); !usable) {
      return failure(std::move(usable).error());
    }
    VfioGroup<S>& group = file_->group();
    auto device = group.find(context, address);
    auto user = device == nullptr                                   ? typename Device::User()
                : file_->machine()->profile().opens_while_unbinding ? device->users.enter_or_join()
                                                                    : device->users.enter();
    if (!user) {
      return failure(
          make_error(Operation::open_device, pci::to_string(address), ENODEV, absent(address), "bind it to vfio-pci"));
    }
    if (file_->machine()->profile().set_lock_first) {
      if (auto ready = openable(context.again(), address); !ready) {
        return failure(std::move(ready).error());
      }
      const Guard passes{context, device->function.device_set->lock};
    }
    Guard guard{context, group.group_lock};
    if (auto ready = openable_here(guard, address); !ready) {
      return failure(std::move(ready).error());
    }
    Guard set{guard, device->function.device_set->lock};
    Result<void> enabled;
    const int error = device->opens.open(set, group.kvm, [&](const auto& inside, VmState<S>*) {
      inside.assume();
      enabled = this->first_open(inside, *device);
      return enabled ? 0 : enabled.error().error_number;
    });
    if (error != 0) {
      return failure(std::move(enabled).error());
    }
    group.container_users.set(group.container_users.get() + 1U);
    return Device(file_, std::move(device), std::move(user));
  }

  /// Gives the descriptor back; idempotent. Waits for group_lock if it is the last reference.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    (void)context;
    file_.reset();
    return {};
  }

  /// For the host's own operations; null if closed.
  [[nodiscard]] const std::shared_ptr<GroupFile<S>>& file() const { return file_; }
  /// The functions of the IOMMU group, for faults. Only while it is open.
  [[nodiscard]] std::vector<pci::Address> addresses() const { return file_->group().iommu.addresses(); }

 private:
  Result<void> check(Operation operation) const {
    if (file_ == nullptr) {
      return failure(make_error(operation, name(), EBADF, "the group is closed", "open the group first"));
    }
    return {};
  }
  [[nodiscard]] int fault(Operation operation) const { return file_->machine()->faults.take(operation, addresses()); }
  [[nodiscard]] Error left(Operation operation) const {
    return make_error(operation, name(), ENODEV, "the last VFIO device of the group left", "close the group");
  }
  [[nodiscard]] Error on_foreign_domain() const {
    return make_error(Operation::set_container, name(), EBUSY, "the group is attached to another domain",
                      "wait until its user lets it go");
  }
  [[nodiscard]] Error not_viable() const {
    const Machine<S>& machine = *file_->machine();
    for (const Function<S>* member : file_->group().iommu.members()) {
      const unsigned place = member->driver();
      if (place != 0U && !machine.driver(place).manages_dma) {
        return make_error(Operation::set_container, name(), EPERM,
                          "the group is not viable: function " + pci::to_string(member->address()) +
                              " of it is bound to " + machine.driver(place).name,
                          "bind that function to vfio-pci, or unbind it");
      }
    }
    return make_error(Operation::set_container, name(), EPERM, "another user owns the DMA of the group",
                      "try again when that user is done");
  }
  [[nodiscard]] std::string absent(pci::Address address) const {
    const Function<S>* function = file_->machine()->find(address);
    if (function == nullptr || function->group != &file_->group().iommu) {
      return "no such function is in the group";
    }
    return function->lock().life() == DeviceLife::live ? "the function is not bound to a VFIO driver"
                                                       : "the function is being unbound";
  }
  Result<void> openable(vfio::ContextFor<vfio::group_lock> context, pci::Address address) DEVLOCK_REQUIRES(context) {
    Guard guard{context, file_->group().group_lock};
    return openable_here(guard, address);
  }
  // Under group_lock.
  Result<void> openable_here(vfio::ContextFor<vfio::container_lock> context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    VfioGroup<S>& group = file_->group();
    if (!has_iommu(context.again(), group)) {
      return failure(make_error(
          Operation::open_device, pci::to_string(address), EINVAL,
          group.container == nullptr ? "the group is in no container" : "the container has no IOMMU yet",
          group.container == nullptr ? "put the group into a container first" : "set the container's IOMMU first"));
    }
    if (group.iommu.no_iommu && !file_->machine()->privileged()) {
      return failure(make_error(Operation::open_device, pci::to_string(address), EPERM, "no IOMMU is behind the group",
                                "open it with CAP_SYS_RAWIO"));
    }
    return {};
  }
  static bool has_iommu(vfio::ContextFor<vfio::container_lock> context, VfioGroup<S>& group) DEVLOCK_REQUIRES(context) {
    if (group.container == nullptr) {
      return false;
    }
    Guard guard{context, group.container->lock};
    return group.container->iommu_set.get();
  }
  // vfio_df_device_first_open and vfio_pci_core_enable.
  template <LockContext Context>
  Result<void> first_open(const Context& context, VfioDevice<S>& device) DEVLOCK_REQUIRES(context) {
    Machine<S>& machine = *file_->machine();
    device.resume(context);
    device.function.registers.enable();
    auto scope = scope_without_bridge(device.function);
    auto target = ResetTarget<S>::unasked(machine);
    const auto reset = pci::try_reset(context, target, scope);
    int error_number = reset || reset.error().error_number != EAGAIN ? 0 : EAGAIN;
    const bool contended = error_number != 0;
    if (!contended) {
      error_number = machine.faults.take(Operation::open_device, device.function.address());
    }
    if (error_number != 0) {
      device.function.registers.disable();
      return failure(make_error(
          Operation::open_device, pci::to_string(device.function.address()), error_number,
          contended ? "the reset at the first open found its lock held by another thread" : "a fault was injected",
          contended ? "try again once that operation is done" : "try again"));
    }
    device.reset_works.set(reset.has_value());
    return {};
  }

  int id_;
  std::shared_ptr<GroupFile<S>> file_;
};

}  // namespace devlock::sim
