// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What lockdep calls the locks that the shipped order names. A class of lockdep is a place in the source that
// initializes locks, and its name is the text there: "&group->group_lock", with "#2" behind it if another place has
// the same text, and "/1" for a subclass.
//
// device_lock is exempt from lockdep; device_classes.c gives the one of each PCI function a class, named by its place
// in the tree. Not a lock that lockdep knows, and so not here: config_access, a flag with a wait queue, and
// open_device, a reference count.
#pragma once

#include <array>
#include <compare>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "devlock/vfio/lock_classes.hpp"

namespace conformance {

struct KernelName {
  std::string_view kernel;   ///< without the leading '&'
  std::string_view shipped;  ///< the name of the class
};

inline constexpr std::array kernel_names{
    KernelName{"pci_rescan_remove_lock", devlock::vfio::rescan_remove_lock::name},
    KernelName{"pci_slot_mutex", devlock::vfio::slot_list_lock::name},
    KernelName{"kn->active", devlock::vfio::attribute::name},
    KernelName{"device_lock", devlock::vfio::device_lock::name},
    KernelName{"ctrl->reset_lock", devlock::vfio::reset_lock::name},
    KernelName{"pci_bus_sem", devlock::vfio::bus_list_lock::name},
    KernelName{"pci_lock", devlock::vfio::pci_lock::name},
    KernelName{"vfio.group_lock", devlock::vfio::group_list_lock::name},
    KernelName{"group->group_lock", devlock::vfio::group_lock::name},
    KernelName{"group->device_lock", devlock::vfio::group_device_lock::name},
    KernelName{"container->group_lock", devlock::vfio::container_lock::name},
    KernelName{"new_dev_set->lock", devlock::vfio::dev_set_lock::name},
    KernelName{"vdev->igate", devlock::vfio::igate::name},
    KernelName{"vdev->memory_lock", devlock::vfio::memory_lock::name},
    KernelName{"parent->unreg_sem", devlock::vfio::unreg_sem::name},
    KernelName{"mdev_list_lock", devlock::vfio::mdev_list_lock::name},
    KernelName{"kvm->lock", devlock::vfio::kvm_lock::name},
    KernelName{"vcpu->mutex", devlock::vfio::vcpu_lock::name},
    KernelName{"kv->lock", devlock::vfio::kvm_vfio_lock::name},
    KernelName{"group->kvm_ref_lock", devlock::vfio::kvm_ref_lock::name},
    KernelName{"df->kvm_ref_lock", devlock::vfio::kvm_ref_lock::name},
    KernelName{"group->mutex", devlock::vfio::iommu_group_lock::name},
};

/// The name of the shipped class that a class of lockdep belongs to; nothing if none does.
[[nodiscard]] inline std::optional<std::string> shipped_name(std::string_view kernel) {
  if (kernel.starts_with('&')) {
    kernel.remove_prefix(1);
  }
  for (const KernelName& one : kernel_names) {
    if (kernel.starts_with(one.kernel) &&
        (kernel.size() == one.kernel.size() || kernel[one.kernel.size()] == '#' || kernel[one.kernel.size()] == '/')) {
      return std::string(one.shipped);
    }
  }
  return std::nullopt;
}

/// Two classes of lockdep that are one shipped class, which the classes alone cannot order: may the first be held
/// while the second is waited for? A device_lock by its place: a bridge before what is below it, a PF before VFs,
/// siblings as the bus lists them, and a parent before an mdev. A subclass ("/1") before a greater one.
[[nodiscard]] inline bool instances_in_order(const std::string& outer, const std::string& inner) {
  using devlock::vfio::device_lock;
  if (shipped_name(outer) != std::string(device_lock::name)) {
    return outer < inner && outer.substr(0, outer.rfind('/')) == inner.substr(0, inner.rfind('/'));
  }
  struct Place {
    bool mdev;
    unsigned depth;
    bool vf;
    unsigned place;
    auto operator<=>(const Place&) const = default;
  };
  const auto read = [](const std::string& name) -> std::optional<Place> {
    unsigned depth = 0;
    unsigned place = 0;
    char kind = 0;
    if (name.starts_with("device_lock/mdev")) {
      return Place{true, 0, false, 0};
    }
    if (std::sscanf(name.c_str(), "device_lock/pci/%u/%cf/%u", &depth, &kind, &place) != 3) {
      return std::nullopt;
    }
    return Place{false, depth, kind == 'v', place};
  };
  const auto first = read(outer);
  const auto second = read(inner);
  return first && second && *first < *second;
}

}  // namespace conformance
