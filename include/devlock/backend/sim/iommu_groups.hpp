// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The IOMMU groups of a machine by number, and which one a function joins: the chosen one, that of its slot, or the lowest number that is
// free. A group stays when its last function left.
// Not checked: that one thread at a time changes it; the machine's list lock is held.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "devlock/backend/sim/iommu_group.hpp"

namespace devlock::sim {

template <Sync S>
class IommuGroups {
 public:
  /// Null if there is none.
  [[nodiscard]] IommuGroup<S>* find(int id) const {
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] std::vector<IommuGroup<S>*> all() const {
    std::vector<IommuGroup<S>*> list;
    for (const auto& entry : groups_) {
      list.push_back(entry.second.get());
    }
    return list;
  }
  /// `functions`: those of the machine, by address.
  template <class Functions>
  void join(Function<S>& function, const Functions& functions) {
    if (function.spec.iommu_group) {
      if (*function.spec.iommu_group >= 0) {
        join(function, *function.spec.iommu_group);
      }
      return;
    }
    for (const auto& [address, other] : functions) {
      if (!function.spec.is_virtual && !other->spec.is_virtual && !other->spec.iommu_group && other->group != nullptr &&
          address.same_slot(function.address())) {
        join(function, other->group->id);
        return;
      }
    }
    int next = 0;
    while (groups_.contains(next) && !groups_.at(next)->members().empty()) {
      ++next;
    }
    join(function, next);
  }

 private:
  void join(Function<S>& function, int id) {
    auto& group = groups_[id];
    if (group == nullptr) {
      group = std::make_unique<IommuGroup<S>>(id, function.spec.group_ready, function.spec.no_iommu);
    }
    function.group = group.get();
    group->join(function);
  }

  std::map<int, std::unique_ptr<IommuGroup<S>>> groups_;
};

}  // namespace devlock::sim
