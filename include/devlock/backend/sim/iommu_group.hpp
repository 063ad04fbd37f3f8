// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An IOMMU group: functions that the IOMMU cannot tell apart, who may drive their DMA, and the VFIO group over them while at least one
// is bound to a VFIO driver.
// Not checked: membership never changes in this host.
// Source: drivers/iommu/iommu.c.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "devlock/backend/sim/function.hpp"
#include "devlock/lock/group_ownership.hpp"

namespace devlock::sim {

template <Sync S>
struct IommuGroup {
  explicit IommuGroup(int number, bool ready = true)
      : id(number), ownership(ready ? DomainKind::standard : DomainKind::none) {}

  const int id;
  std::vector<Function<S>*> members;    // set while the host is built
  std::vector<pci::Address> addresses;  // of the members
  GroupOwnership<S> ownership;

  /// The group behind the node /dev/vfio/ID; null without one.
  [[nodiscard]] std::shared_ptr<VfioGroup<S>> vfio() const {
    return node_leaf_.with([this] { return vfio_; });
  }
  /// For probe and remove, under the lock of the list of groups.
  void set_vfio(std::shared_ptr<VfioGroup<S>> group) {
    node_leaf_.with([&] { vfio_.swap(group); });
  }
  [[nodiscard]] std::string name() const { return "group " + std::to_string(id); }

 private:
  Leaf<S> node_leaf_;                   // the table of device nodes
  std::shared_ptr<VfioGroup<S>> vfio_;  // guarded by node_leaf_
};

}  // namespace devlock::sim
