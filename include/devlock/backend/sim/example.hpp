// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A host that is ready to use, with the tree of the machine that the kernel tests boot:
//
//   00:01.0 root port ─ 01:00.0 upstream ┬ 02:00.0 downstream ─ 03:00.0 e1000e
//                                        └ 02:01.0 downstream ─ 04:00.0 edu
//   00:02.0 root port ─ 05:00.0 e1000e, 05:00.1 e1000e           one IOMMU group
//   00:03.0 root port ─ 06:00.0 edu
//
// Ports are bound to pcieport and network cards to e1000e, as after boot; the edu functions have no driver.
// Not checked: addresses on a real machine may differ.
#pragma once

#include "devlock/backend/sim/host.hpp"

namespace devlock::sim {

/// The functions of the example host by role.
namespace example {
inline constexpr pci::Address switch_root{0, 0, 1, 0};
inline constexpr pci::Address upstream{0, 1, 0, 0};
inline constexpr pci::Address downstream_a{0, 2, 0, 0};
inline constexpr pci::Address downstream_b{0, 2, 1, 0};
inline constexpr pci::Address card{0, 3, 0, 0};        ///< e1000e below the switch
inline constexpr pci::Address switch_edu{0, 4, 0, 0};  ///< edu below the switch
inline constexpr pci::Address pair_root{0, 0, 2, 0};
inline constexpr pci::Address pair_a{0, 5, 0, 0};  ///< two e1000e functions of one slot and one group
inline constexpr pci::Address pair_b{0, 5, 0, 1};
inline constexpr pci::Address edu_root{0, 0, 3, 0};
inline constexpr pci::Address edu{0, 6, 0, 0};  ///< edu below a root port
}  // namespace example

inline Blueprint example_blueprint() {
  const auto network_card = [](pci::Address address, pci::Address bridge) {
    return FunctionSpec{.address = address,
                        .bridge = bridge,
                        .vendor = 0x8086,
                        .device = 0x10d3,
                        .class_code = 0x020000,
                        .resettable = true,
                        .iommu_group = {}};
  };
  const auto edu = [](pci::Address address, pci::Address bridge) {
    return FunctionSpec{.address = address,
                        .bridge = bridge,
                        .vendor = 0x1234,
                        .device = 0x11e8,
                        .class_code = 0x00ff00,
                        .resettable = true,
                        .iommu_group = {}};
  };
  Blueprint plan;
  plan.usual_drivers()
      .root_port(example::switch_root)
      .switch_port(example::upstream, example::switch_root)
      .switch_port(example::downstream_a, example::upstream)
      .switch_port(example::downstream_b, example::upstream)
      .function(network_card(example::card, example::downstream_a))
      .function(edu(example::switch_edu, example::downstream_b))
      .root_port(example::pair_root)
      .function(network_card(example::pair_a, example::pair_root))
      .function(network_card(example::pair_b, example::pair_root))
      .root_port(example::edu_root)
      .function(edu(example::edu, example::edu_root));
  return plan;
}

namespace example {
inline constexpr pci::Address sriov_root{0, 0, 4, 0};
/// SR-IOV, up to four virtual functions; not in example_blueprint()
inline constexpr pci::Address physical{0, 7, 0, 0};
inline constexpr pci::Address virtual_a{0, 7, 0, 1};
inline constexpr pci::Address virtual_b{0, 7, 0, 2};
}  // namespace example

/// The same with a function that has SR-IOV below a root port, and its driver igb, which supports that. pci-pf-stub does too, and keeps
/// the virtual functions when it goes.
inline Blueprint sriov_blueprint() {
  Blueprint plan = example_blueprint();
  plan.driver({.name = "igb", .ids = {{0x8086, 0x10c9, 0}}, .manages_dma = false, .is_vfio = false, .sriov = true})
      .driver({.name = "igbvf", .ids = {{0x8086, 0x10ca, 0}}, .manages_dma = false, .is_vfio = false})
      .driver({.name = "pci-pf-stub", .ids = {}, .sriov = true, .keeps_vfs = true})
      .root_port(example::sriov_root)
      .function({.address = example::physical,
                 .bridge = example::sriov_root,
                 .vendor = 0x8086,
                 .device = 0x10c9,
                 .class_code = 0x020000,
                 .resettable = true,
                 .iommu_group = {},
                 .total_vfs = 4U,
                 .vf_device = 0x10ca});
  return plan;
}

/// Makes a host of a sound plan and probes every function, as a boot does.
template <Sync S>
BasicHost<S> basic_example_host(const Blueprint& plan = example_blueprint()) {
  auto host = BasicHost<S>::make(plan);
  DEVLOCK_ASSERT(host.has_value(), "the plan of the example host is sound");
  auto root = unchecked_context<vfio::VfioOrder>("a boot, before anything is held");
  for (const Function<S>* function : host->machine().functions()) {
    const auto bound = host->probe(root, function->address());
    DEVLOCK_ASSERT(bound.has_value(), "nobody owns a group at boot");
    (void)bound;
  }
  return std::move(*host);
}
inline Host example_host() {
  return basic_example_host<StdSync>();
}
inline Host sriov_host() {
  return basic_example_host<StdSync>(sriov_blueprint());
}

}  // namespace devlock::sim
