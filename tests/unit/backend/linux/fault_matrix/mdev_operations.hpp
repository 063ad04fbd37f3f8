// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations of the fault matrix on mediated devices and on AP masks and matrices.
#pragma once

#include <string>
#include <vector>

#include "devlock/vfio/uuid.hpp"
#include "unit/backend/linux/fault_matrix/operations.hpp"

namespace fake {

inline devlock::vfio::Uuid mdev_uuid() {
  return devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
}
inline std::string mdev_path() {
  return "/sys/bus/mdev/devices/" + mdev_uuid().text();
}
// A parent of one type with two instances left.
inline void prepare_mdev_parent(Rig& r) {
  const std::string types = "/sys/class/mdev_bus/mtty/mdev_supported_types";
  auto& kernel = r.kernel;
  kernel.directories["/sys/class/mdev_bus"] = {"mtty"};
  kernel.directories[types] = {"mtty-1"};
  kernel.directories["/sys/bus/mdev/devices"] = {};
  kernel.files[types + "/mtty-1/available_instances"] = "2\n";
  kernel.files[types + "/mtty-1/device_api"] = "vfio-pci\n";
  kernel.stores[types + "/mtty-1/create"] = [](FakeKernel& own, std::string_view text) {
    const std::string path = "/sys/bus/mdev/devices/" + std::string(text);
    own.directories["/sys/bus/mdev/devices"].emplace_back(text);
    own.links[path + "/iommu_group"] = "../../../kernel/iommu_groups/12";
    own.stores[path + "/remove"] = [path](FakeKernel& kept, std::string_view) {
      kept.links.erase(path + "/iommu_group");
      return 0L;
    };
    return 0L;
  };
}
inline void prepare_mdev(Rig& r) {
  prepare_mdev_parent(r);
  if (!r.host.mdevs().create(r.root.assume(), "mtty", "mtty-1", mdev_uuid())) {
    throw std::runtime_error("not prepared: the mediated device");
  }
}
inline void prepare_ap(Rig& r) {
  const std::string mdev = mdev_path();
  r.kernel.files["/sys/bus/ap/apmask"] = devlock::vfio::ap::Mask::all().to_string() + "\n";
  r.kernel.files["/sys/bus/ap/aqmask"] = devlock::vfio::ap::Mask::all().to_string() + "\n";
  r.kernel.files[mdev + "/assign_adapter"] = "";
  r.kernel.files[mdev + "/unassign_domain"] = "";
  r.kernel.files[mdev + "/matrix"] = "04.0006\n04.0047\n";
}

inline std::vector<Subject> mdev_subjects() {
  using enum Operation;
  using devlock::vfio::ap::Dimension;
  return {
      {"mdev parents",
       {enumerate},
       prepare_mdev_parent,
       [](Rig& r) {
         const auto names = r.host.mdevs().parents();
         return names ? Outcome{{}, names->empty() ? "none" : names->front()} : Outcome{names.error(), {}};
       }},
      {"mdev types",
       {enumerate},
       prepare_mdev_parent,
       [](Rig& r) {
         const auto types = r.host.mdevs().types("mtty");
         if (!types) {
           return Outcome{types.error(), {}};
         }
         std::string text;
         for (const auto& one : *types) {
           text += one.id + ' ' + one.device_api + ' ' + std::to_string(one.available);
         }
         return Outcome{{}, text};
       }},
      {"create_mdev",
       {create_mdev},
       prepare_mdev_parent,
       [](Rig& r) { return outcome_of(r.host.mdevs().create(r.root.assume(), "mtty", "mtty-1", mdev_uuid())); }},
      {"remove_mdev",
       {remove_mdev},
       prepare_mdev,
       [](Rig& r) { return outcome_of(r.host.mdevs().remove(r.root.assume(), mdev_uuid())); }},
      {"mdev devices",
       {enumerate},
       prepare_mdev,
       [](Rig& r) {
         const auto all = r.host.mdevs().devices();
         return all ? Outcome{{}, std::to_string(all->size())} : Outcome{all.error(), {}};
       }},
      {"mdev group_of",
       {enumerate},
       prepare_mdev,
       [](Rig& r) { return outcome_of(r.host.mdevs().group_of(mdev_uuid())); }},
      {"open_device of an mdev",
       {open_device},
       prepare_group,
       [](Rig& r) { return outcome_of(keep(r.device, r.group->open_device(r.root.assume(), mdev_uuid()))); }},
      {"ap masks",
       {load_ap_mask},
       prepare_ap,
       [](Rig& r) {
         const auto host = r.host.ap().masks(r.root.assume());
         return host ? Outcome{{}, host->adapters.to_string() + host->domains.to_string()} : Outcome{host.error(), {}};
       }},
      {"ap store",
       {store_ap_mask},
       prepare_ap,
       [](Rig& r) { return outcome_of(r.host.ap().store(r.root.assume(), Dimension::adapter, "-4")); }},
      {"ap assign",
       {assign_ap},
       prepare_ap,
       [](Rig& r) { return outcome_of(r.host.ap().assign(r.root.assume(), mdev_uuid(), Dimension::adapter, 4U)); }},
      {"ap unassign",
       {unassign_ap},
       prepare_ap,
       [](Rig& r) { return outcome_of(r.host.ap().unassign(r.root.assume(), mdev_uuid(), Dimension::domain, 6U)); }},
      {"ap matrix",
       {enumerate, load_ap_mask},
       prepare_ap,
       [](Rig& r) {
         const auto queues = r.host.ap().matrix(r.root.assume(), mdev_uuid());
         return queues ? Outcome{{}, std::to_string(queues->size())} : Outcome{queues.error(), {}};
       }},
  };
}

}  // namespace fake
