// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VFIO group: the registered devices of one IOMMU group, its one open descriptor and its container. It dies with its last device: a
// descriptor that is still open then answers ENODEV. GroupFile is the open descriptor as the kernel counts it: the handle, every
// device opened through it and a VM that it is attached to refer to it, and the group is free again when the last one goes.
// Not checked: no-IOMMU groups and device nodes of the cdev kind; there are none in this host.
// Source: drivers/vfio/group.c.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "devlock/backend/sim/container.hpp"
#include "devlock/backend/sim/iommu_group.hpp"
#include "devlock/backend/sim/vfio_file.hpp"

namespace devlock::sim {

template <Sync S>
struct VfioGroup {
  using Claim = typename GroupOwnership<S>::Claim;

  explicit VfioGroup(IommuGroup<S>& over) : iommu(over) {}

  IommuGroup<S>& iommu;
  typename S::template var<unsigned> drivers{0U};  // registered devices; guarded by the lock of the list of groups
  Ordered<vfio::group_lock, typename S::mutex> group_lock;
  typename S::template var<bool> opened{false};            // guarded by group_lock
  typename S::template var<bool> alive{true};              // guarded by group_lock
  typename S::template var<unsigned> container_users{0U};  // guarded by group_lock: 1, and one for each open device
  std::shared_ptr<ContainerState<S>> container;            // guarded by group_lock
  Claim claim;                                             // guarded by group_lock

  Ordered<vfio::group_device_lock, typename S::mutex> device_lock;
  std::vector<std::weak_ptr<VfioDevice<S>>> devices;  // guarded by device_lock; their functions own them

  vfio::KvmPointer<S, VmState<S>> kvm;

  /// Leaves the container and gives the DMA back. Call it with group_lock held and with a container.
  void detach_container(vfio::ContextFor<vfio::container_lock> context) DEVLOCK_REQUIRES(context) {
    {
      Guard guard{context, container->lock};
      iommu.ownership.detach(guard);
      claim.give_back();
      std::erase(container->groups, this);
      if (container->empty()) {
        container->iommu_set.set(false);
      }
    }
    container.reset();
    container_users.set(0U);
  }
  /// The registered device of a function; null if it is not, or no longer, registered.
  [[nodiscard]] std::shared_ptr<VfioDevice<S>> find(vfio::ContextFor<vfio::group_device_lock> context,
                                                    pci::Address address) DEVLOCK_REQUIRES(context) {
    Guard guard{context, device_lock};
    for (const auto& one : devices) {
      if (auto device = one.lock(); device != nullptr && device->function.address() == address) {
        return device;
      }
    }
    return nullptr;
  }
  /// pm_runtime_get_sync of a function: if it is registered here and nobody has it open.
  void wake(vfio::ContextFor<vfio::device_lock> context, pci::Address address) DEVLOCK_REQUIRES(context) {
    if (const auto device = find(context.again(), address)) {
      device->wake_unless_open(context.again());
    }
  }
  void add(vfio::ContextFor<vfio::group_device_lock> context, const std::shared_ptr<VfioDevice<S>>& device)
      DEVLOCK_REQUIRES(context) {
    Guard guard{context, device_lock};
    devices.push_back(device);
  }
  void remove(vfio::ContextFor<vfio::group_device_lock> context, const VfioDevice<S>& device)
      DEVLOCK_REQUIRES(context) {
    Guard guard{context, device_lock};
    std::erase_if(devices, [&](const auto& one) { return one.lock().get() == &device; });
  }
};

template <Sync S>
class GroupFile : public VfioFile<S> {
 public:
  GroupFile(std::shared_ptr<Machine<S>> machine, std::shared_ptr<VfioGroup<S>> group)
      : VfioFile<S>(group->kvm), machine_(std::move(machine)), group_(std::move(group)) {}
  /// The last reference went. The kernel defers this to a point where the task holds none of its locks. The contexts of
  /// open_group, open_device and create_vm cover it: one of their handles had the reference.
  ~GroupFile() override {
    UncheckedContext<vfio::VfioOrder> context("a deferred fput");
    Guard guard{context, group_->group_lock};
    if (group_->container != nullptr) {
      group_->detach_container(guard);
    }
    group_->opened.set(false);
  }

  [[nodiscard]] VfioGroup<S>& group() const { return *group_; }
  [[nodiscard]] const std::shared_ptr<Machine<S>>& machine() const { return machine_; }

 private:
  std::shared_ptr<Machine<S>> machine_;
  std::shared_ptr<VfioGroup<S>> group_;
};

}  // namespace devlock::sim
