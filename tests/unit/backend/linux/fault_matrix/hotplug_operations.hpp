// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations of the fault matrix on functions that come and go: remove, rescan, slots, reset methods, virtual functions.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "devlock/vfio/uuid.hpp"
#include "unit/backend/linux/fault_matrix/operations.hpp"

namespace fake {

inline void prepare_hotplug(Rig& r) {
  auto& kernel = r.kernel;
  kernel.stores[device_path(first) + "/remove"] = [](FakeKernel& own, std::string_view) {
    own.links.erase(device_path(first));
    return 0L;
  };
  kernel.stores["/sys/bus/pci/rescan"] = [](FakeKernel& own, std::string_view) {
    own.links[device_path(nowhere)] = "../../../devices/pci0000:00/0000:09:00.0";
    return 0L;
  };
  kernel.directories["/sys/bus/pci/slots"] = {"1", "2-1"};
  kernel.files["/sys/bus/pci/slots/1/address"] = "0000:01:00\n";
  kernel.files["/sys/bus/pci/slots/2-1/address"] = "0000:02:00\n";
  kernel.files[device_path(first) + "/reset_method"] = "flr bus\n";
  kernel.files[device_path(first) + "/sriov_numvfs"] = "2\n";
  kernel.files[device_path(first) + "/sriov_totalvfs"] = "8\n";
  kernel.directories[device_path(first)] = {"class", "virtfn1", "virtfn0", "driver"};
  kernel.links[device_path(first) + "/virtfn0"] = "../0000:01:10.0";
  kernel.links[device_path(first) + "/virtfn1"] = "../0000:01:10.2";
  kernel.links[device_path(second) + "/physfn"] = "../0000:01:00.0";
}

inline std::vector<Subject> hotplug_subjects() {
  using enum Operation;
  return {
      {"remove",
       {remove_function},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.remove(r.root.assume(), first)); }},
      {"rescan", {rescan}, prepare_hotplug, [](Rig& r) { return outcome_of(r.host.rescan(r.root.assume())); }},
      {"slots", {enumerate}, prepare_hotplug, [](Rig& r) { return outcome_of(r.host.slots()); }},
      {"reset_methods",
       {reset_methods},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.reset_methods().read(first)); }},
      {"set_reset_methods",
       {set_reset_methods},
       prepare_hotplug,
       [](Rig& r) {
         const std::array methods{devlock::pci::ResetMethod::bus};
         return outcome_of(r.host.reset_methods().write(first, methods));
       }},
      {"virtual_functions",
       {enumerate},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.virtual_functions().list(first)); }},
      {"physical_of",
       {enumerate},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.virtual_functions().physical_of(second)); }},
      {"enabled virtual functions",
       {Operation::virtual_functions},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.virtual_functions().enabled(r.root.assume(), first)); }},
      {"most virtual functions",
       {Operation::virtual_functions},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.virtual_functions().most(first)); }},
      {"enable virtual functions",
       {set_virtual_functions},
       prepare_hotplug,
       [](Rig& r) { return outcome_of(r.host.virtual_functions().enable(r.root.assume(), first, 4)); }},
      {"open_device with a token",
       {open_device},
       prepare_group,
       [](Rig& r) {
         const auto token = devlock::vfio::Uuid::parse("2ab74924-c335-45f4-9b16-8569e5b08258");
         return outcome_of(keep(r.device, r.group->open_device(r.root.assume(), first, token.value())));
       }},
  };
}

}  // namespace fake
