// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VFIO container: the address space that its groups share. It gets its IOMMU driver after the first group has joined, and loses
// it with the last one.
// Not checked: mappings; there are none in this host.
// Source: drivers/vfio/container.c.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "devlock/backend/classify.hpp"
#include "devlock/backend/sim/fault.hpp"
#include "devlock/lock/group_ownership.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::sim {

template <Sync S>
class Machine;
template <Sync S>
struct VfioGroup;

/// What the container's descriptor and its groups refer to.
template <Sync S>
struct ContainerState {
  Ordered<vfio::container_lock, typename S::mutex> lock;
  std::vector<VfioGroup<S>*> groups;                // guarded by lock; each leaves before it ends
  typename S::template var<unsigned> emulated{0U};  // groups of mediated devices, which own no DMA; guarded by lock
  typename S::template var<bool> iommu_set{false};  // guarded by lock

  /// With lock held.
  [[nodiscard]] bool empty() const { return groups.empty() && emulated.get() == 0U; }
};

/// The descriptor. Move-only; the groups in it keep the container alive, as the kernel does.
/// One handle is used by one thread at a time; different handles by any.
template <Sync S>
class Container {
 public:
  Container(std::shared_ptr<Machine<S>> machine, std::shared_ptr<ContainerState<S>> state)
      : machine_(std::move(machine)), state_(std::move(state)) {}
  Container(Container&&) noexcept = default;
  Container& operator=(Container&&) noexcept = default;

  /// VFIO_SET_IOMMU. EINVAL: no group is in it, or it has its IOMMU already. EBADF: it is closed.
  [[nodiscard]] Result<void> set_iommu(vfio::ContextFor<vfio::container_lock> context) DEVLOCK_REQUIRES(context) {
    if (state_ == nullptr) {
      return failure(
          make_error(Operation::set_iommu, "container", EBADF, "the container is closed", "open a container first"));
    }
    Guard guard{context, state_->lock};
    if (state_->empty()) {
      return failure(make_error(Operation::set_iommu, "container", EINVAL, "no group is in the container",
                                "put a group into it first"));
    }
    if (state_->iommu_set.get()) {
      return failure(make_error(Operation::set_iommu, "container", EINVAL, "the container has its IOMMU already",
                                "use it as it is"));
    }
    if (const int error_number = machine_->faults.take(Operation::set_iommu, std::span<const pci::Address>{})) {
      return failure(make_error(Operation::set_iommu, "container", error_number, "a fault was injected", "try again"));
    }
    for (VfioGroup<S>* group : state_->groups) {
      if (group->iommu.ownership.attach(guard) != ClaimError::none) {
        for (VfioGroup<S>* before : state_->groups) {
          if (before == group) {
            break;
          }
          before->iommu.ownership.detach(guard);
        }
        return failure(make_error(Operation::set_iommu, group->iommu.name(), EBUSY,
                                  "the group is attached to another domain", "wait until its user lets it go"));
      }
    }
    state_->iommu_set.set(true);
    return {};
  }
  /// Gives the descriptor back; idempotent. Waits for nothing.
  [[nodiscard]] Result<void> close() {
    state_.reset();
    machine_.reset();
    return {};
  }

  /// For the host's own operations; null if closed.
  [[nodiscard]] const std::shared_ptr<ContainerState<S>>& state() const { return state_; }

 private:
  std::shared_ptr<Machine<S>> machine_;
  std::shared_ptr<ContainerState<S>> state_;
};

}  // namespace devlock::sim
