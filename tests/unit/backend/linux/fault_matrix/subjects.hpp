// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations of the fault matrix on drivers, resets, containers, groups, devices and VMs, alone and several together.
#pragma once

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "unit/backend/linux/fault_matrix/operations.hpp"

namespace fake {

/// Every handle of a session and a VM closed by name, in the order of these numbers.
inline Result<void> close_in_order(Rig& r, const std::array<int, 4>& order) {
  r.root.assume();
  Result<void> outcome;
  for (const int place : order) {
    Result<void> closed;
    switch (place) {
      case 0:
        closed = r.container->close();
        break;
      case 1:
        closed = r.group->close(r.root);
        break;
      case 2:
        closed = r.device->close(r.root);
        break;
      default:
        closed = r.vm->close(r.root);
        break;
    }
    outcome = outcome ? closed : outcome;
  }
  return outcome;
}

inline std::vector<Subject> all_subjects() {
  using enum Operation;
  const auto nothing = [](Rig&) {};
  const auto hot = [](Rig& r) {
    bind_to(r.kernel, second, "vfio-pci");
    prepare_session(r);
  };
  std::vector<Subject> all{
      // What sysfs tells.
      {"devices", {enumerate}, nothing, [](Rig& r) { return outcome_of(r.host.devices()); }},
      {"device", {enumerate}, nothing, [](Rig& r) { return outcome_of(r.host.device(first)); }},
      {"group_members", {enumerate}, nothing, [](Rig& r) { return outcome_of(r.host.group_members(group_number)); }},
      {"driver_override",
       {set_driver_override},
       nothing,
       [](Rig& r) { return outcome_of(r.host.driver_override(r.root.assume(), second)); }},
      // Who drives a function.
      {"set_driver_override",
       {set_driver_override},
       nothing,
       [](Rig& r) { return outcome_of(r.host.set_driver_override(r.root.assume(), second, "vfio-pci")); }},
      {"clear_driver_override",
       {set_driver_override},
       [](Rig& r) { r.kernel.files[device_path(second) + "/driver_override"] = "vfio-pci\n"; },
       [](Rig& r) { return outcome_of(r.host.set_driver_override(r.root.assume(), second, "")); }},
      {"bind",
       {bind},
       [](Rig& r) { r.kernel.files[device_path(second) + "/driver_override"] = "vfio-pci"; },
       [](Rig& r) { return outcome_of(r.host.bind(r.root.assume(), second, "vfio-pci")); }},
      {"unbind", {unbind}, nothing, [](Rig& r) { return outcome_of(r.host.unbind(r.root.assume(), first)); }},
      {"probe", {probe}, nothing, [](Rig& r) { return outcome_of(r.host.probe(r.root.assume(), second)); }},
      {"take",
       {enumerate, set_driver_override, unbind, probe, bind},
       [](Rig& r) { bind_to(r.kernel, second, "e1000e"); },
       [](Rig& r) {
         r.root.assume();
         return outcome_of(keep(r.binding, Rig::Binding::take(r.root, r.host, second, "vfio-pci")));
       }},
      {"take driverless",
       {enumerate, set_driver_override, unbind, probe, bind},
       nothing,
       [](Rig& r) {
         r.root.assume();
         return outcome_of(keep(r.binding, Rig::Binding::take(r.root, r.host, second, "vfio-pci")));
       }},
      {"restore",
       {enumerate, set_driver_override, unbind, bind},
       prepare_lent,
       [](Rig& r) {
         r.root.assume();
         const Outcome once = outcome_of(r.binding->restore(r.root));
         if (once.error) {  // a later call tries again
           if (const auto again = r.binding->restore(r.root); !again) {
             return Outcome{again.error(), {}};
           }
         }
         return once;
       }},
      // Resets through sysfs.
      {"reset_function",
       {reset_function},
       nothing,
       [](Rig& r) { return outcome_of(r.host.reset_function(r.root.assume(), first)); }},
      {"try_reset_bus", {reset_bus}, nothing, [](Rig& r) { return outcome_of(r.host.try_reset_bus(port)); }},
      // Container and group.
      {"open_container",
       {open_container},
       nothing,
       [](Rig& r) { return outcome_of(keep(r.container, r.host.open_container())); }},
      {"open_group",
       {open_group},
       nothing,
       [](Rig& r) { return outcome_of(keep(r.group, r.host.open_group(r.root.assume(), group_number))); }},
      {"group_status",
       {group_status},
       prepare_group,
       [](Rig& r) { return outcome_of(r.group->status(r.root.assume())); }},
      {"set_container",
       {set_container},
       prepare_group,
       [](Rig& r) { return outcome_of(r.group->set_container(r.root.assume(), *r.container)); }},
      {"set_container, not viable",
       {set_container},
       [](Rig& r) {
         bind_to(r.kernel, second, "e1000e");
         prepare_group(r);
         r.kernel.fail_ioctl(VFIO_GROUP_SET_CONTAINER, EPERM, 1000);
       },
       [](Rig& r) { return outcome_of(r.group->set_container(r.root.assume(), *r.container)); }},
      {"set_iommu",
       {set_iommu},
       [](Rig& r) {
         prepare_group(r);
         (void)r.group->set_container(r.root.assume(), *r.container);
       },
       [](Rig& r) { return outcome_of(r.container->set_iommu(r.root.assume())); }},
      {"unset_container",
       {unset_container},
       [](Rig& r) {
         prepare_group(r);
         (void)r.group->set_container(r.root.assume(), *r.container);
       },
       [](Rig& r) { return outcome_of(r.group->unset_container(r.root.assume())); }},
      // A device.
      {"open_device",
       {open_device},
       prepare_group,
       [](Rig& r) { return outcome_of(keep(r.device, r.group->open_device(r.root.assume(), first))); }},
      {"watch_unplug",
       {watch_unplug},
       [](Rig& r) {
         prepare_group(r);
         (void)keep(r.device, r.group->open_device(r.root.assume(), first));
       },
       [](Rig& r) { return outcome_of(r.device->watch_unplug(r.root.assume())); }},
      {"unplug_requested",
       {watch_unplug},
       [](Rig& r) {
         prepare_session(r);
         r.kernel.poll_events = POLLIN;
       },
       [](Rig& r) { return outcome_of(r.device->unplug_requested()); }},
      {"reset_device",
       {reset_device},
       prepare_session,
       [](Rig& r) { return outcome_of(r.device->reset(r.root.assume())); }},
      {"hot_reset_info",
       {hot_reset_info},
       hot,
       [](Rig& r) { return outcome_of(r.device->hot_reset_info(r.root.assume())); }},
      {"hot_reset",
       {hot_reset},
       hot,
       [](Rig& r) {
         const std::array mine{&*r.group};
         return outcome_of(r.device->hot_reset(r.root.assume(), mine));
       }},
      {"try_hot_reset",
       {hot_reset, hot_reset_info},
       hot,
       [](Rig& r) {
         r.root.assume();
         const std::array mine{&*r.group};
         return outcome_of(devlock::try_hot_reset(r.root, *r.device, std::span<Host::Group* const>(mine), r.tree));
       }},
      // KVM.
      {"create_vm",
       {create_vm},
       nothing,
       [](Rig& r) { return outcome_of(keep(r.vm, r.host.create_vm(r.root.assume()))); }},
      {"attach",
       {attach_group},
       [](Rig& r) {
         prepare_group(r);
         (void)keep(r.vm, r.host.create_vm(r.root.assume()));
       },
       [](Rig& r) { return outcome_of(r.vm->attach(r.root.assume(), *r.group)); }},
      {"detach",
       {detach_group},
       [](Rig& r) {
         prepare_group(r);
         prepare_vm(r);
       },
       [](Rig& r) { return outcome_of(r.vm->detach(r.root.assume(), *r.group)); }},
      // Several steps.
      {"session",
       {open_container, open_group, set_container, set_iommu, open_device, watch_unplug},
       nothing,
       [](Rig& r) {
         const Result<void> done = open_session(r);
         if (!done) {
           r.let_go();
         }
         return outcome_of(done);
       }},
      {"vm with group",
       {open_group, create_vm, attach_group},
       nothing,
       [](Rig& r) {
         r.root.assume();
         Result<void> done = keep(r.group, r.host.open_group(r.root, group_number));
         done = done ? keep(r.vm, r.host.create_vm(r.root)) : done;
         done = done ? r.vm->attach(r.root, *r.group) : done;
         if (!done) {
           r.let_go();
         }
         return outcome_of(done);
       }},
      {"claim, open, reset under locks",
       {open_container, open_group, set_container, set_iommu, open_device, watch_unplug, reset_device},
       nothing,
       [](Rig& r) {
         r.root.assume();
         const auto claim = r.ownership.claim_device(r.root, &r);
         Result<void> done = open_session(r);
         if (done) {
           passthrough::VfioReset<Host::Device> target(*r.device);
           done = devlock::pci::try_reset(r.root, target, *r.plain.scope(devlock::pci::ScopeKind::function, first));
         }
         r.let_go();
         return outcome_of(done);
       }},
  };
  // Every handle closed by name, in every order.
  constexpr const char* names[] = {"container", "group", "device", "vm"};
  std::array<int, 4> order{0, 1, 2, 3};
  do {
    std::string name = "close";
    for (const int place : order) {
      name += std::string(name == "close" ? " " : ", ") + names[place];
    }
    all.push_back({name,
                   {close_container, close_group, close_device, close_vm},
                   [](Rig& r) {
                     prepare_session(r);
                     prepare_vm(r);
                   },
                   [order](Rig& r) { return outcome_of(close_in_order(r, order)); }});
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

}  // namespace fake
