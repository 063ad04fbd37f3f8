// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The example host with SR-IOV, and its functions that come and go.
#pragma once

#include "devlock/backend/sim/sysfs.hpp"
#include "unit/backend/sim/support.hpp"

namespace sim_test {

struct HotplugRig : Rig {
  explicit HotplugRig(const sim::Blueprint& plan = sim::sriov_blueprint())
      : Rig(sim::basic_example_host<StdSync>(plan)) {}
  sim::Hotplug<StdSync> hotplug{host};
  std::string remove(pci::Address address) { return answer(hotplug.remove(root.assume(), address)); }
  std::string set_num_vfs(unsigned count) {
    return answer(hotplug.set_num_vfs(root.assume(), example::physical, count));
  }
  bool there(pci::Address address) { return host.device(address).has_value(); }
  auto& lock_of(pci::Address address) { return host.machine().find(address)->lock(); }
};

}  // namespace sim_test
