// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An IOMMU group: functions that the IOMMU cannot tell apart, who may drive their DMA, and the VFIO group over them while at least one
// is bound to a VFIO driver.
// A group whose last function left stays as it is, empty, until the next one joins it.
// Not checked: that a member still is one.
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
  explicit IommuGroup(int number, bool ready = true, bool without_iommu = false)
      : id(number), no_iommu(without_iommu), ownership(ready ? DomainKind::standard : DomainKind::none) {}

  const int id;
  const bool no_iommu;
  GroupOwnership<S> ownership;

  /// As of now: functions come and go.
  [[nodiscard]] std::vector<Function<S>*> members() const {
    return members_leaf_.with([this] { return members_; });
  }
  [[nodiscard]] std::vector<pci::Address> addresses() const {
    std::vector<pci::Address> all;
    for (const Function<S>* member : members()) {
      all.push_back(member->address());
    }
    return all;
  }
  void join(Function<S>& function) {
    members_leaf_.with([&] { members_.push_back(&function); });
  }
  void leave(const Function<S>& function) {
    members_leaf_.with([&] { std::erase(members_, &function); });
  }

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
  Leaf<S> members_leaf_;
  std::vector<Function<S>*> members_;   // guarded by members_leaf_
  Leaf<S> node_leaf_;                   // the table of device nodes
  std::shared_ptr<VfioGroup<S>> vfio_;  // guarded by node_leaf_
};

}  // namespace devlock::sim
