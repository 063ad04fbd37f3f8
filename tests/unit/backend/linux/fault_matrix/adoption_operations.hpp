// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations of the fault matrix on descriptors that a launcher handed over: if one is refused, it is the launcher's as before.
#pragma once

#include <string>
#include <vector>

#include "unit/backend/linux/fault_matrix/operations.hpp"

namespace fake {

inline std::vector<Subject> adoption_subjects() {
  using devlock::linux_host::Tenure;
  const std::vector<Operation> named{Operation::adopt_descriptor};
  std::vector<Subject> all;
  for (const Tenure tenure : {Tenure::owned, Tenure::borrowed}) {
    const std::string how = tenure == Tenure::owned ? ", owned" : ", borrowed";
    // What is borrowed stays open when its handle goes; the launcher closes it.
    const auto add = [&](const std::string& name, const std::vector<std::pair<Kind, std::string>>& kinds, auto take) {
      all.push_back({"adopt " + name + how, named,
                     [kinds](Rig& r) {
                       for (const auto& [kind, path] : kinds) {
                         r.handed_over.push_back(r.kernel.hand_over(kind, path));
                       }
                     },
                     [take, tenure](Rig& r) { return outcome_of(take(r, tenure)); }});
    };
    add("container", {{Kind::container, "/dev/vfio/vfio"}},
        [](Rig& r, Tenure t) { return keep(r.container, r.host.handed_over().container(r.handed_over[0], t)); });
    add("group", {{Kind::group, "/dev/vfio/7"}}, [](Rig& r, Tenure t) {
      return keep(r.group, r.host.handed_over().group(r.root.assume(), r.handed_over[0], t));
    });
    add("device", {{Kind::device, "anon_inode:[vfio-device]"}}, [](Rig& r, Tenure t) {
      return keep(r.device, r.host.handed_over().device(r.root.assume(), r.handed_over[0], t, first));
    });
    add("vm", {{Kind::machine, "anon_inode:kvm-vm"}},
        [](Rig& r, Tenure t) { return keep(r.vm, r.host.handed_over().vm(r.root.assume(), r.handed_over[0], t)); });
    add("vm with kvm-vfio", {{Kind::machine, "anon_inode:kvm-vm"}, {Kind::kvm_vfio, "anon_inode:kvm-vfio"}},
        [](Rig& r, Tenure t) {
          return keep(r.vm, r.host.handed_over().vm(r.root.assume(), r.handed_over[0], t, r.handed_over[1]));
        });
  }
  return all;
}

}  // namespace fake
