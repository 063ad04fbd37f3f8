// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a simulated host is built from: functions, where they sit, and drivers. Order matters only between a bridge and what is
// below it. Functions of one slot share an IOMMU group unless told otherwise, as they do without ACS.
//
//   Blueprint plan;
//   plan.root_port(address("00:01.0")).function({.address = address("01:00.0"), .bridge = address("00:01.0"), ...});
//   auto host = sim::Host::make(plan);     // an Error if two functions have one address, a bridge is missing, ...
//
// Nothing is checked here; Host::make does.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "devlock/backend/sim/driver.hpp"
#include "devlock/backend/sim/profile.hpp"
#include "devlock/pci/reset_method.hpp"

namespace devlock::sim {

struct FunctionSpec {
  static constexpr std::uint32_t bridge_class = 0x060400;
  static constexpr int no_group = -1;

  pci::Address address;
  std::optional<pci::Address> bridge;  ///< the port above; none on a root bus
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint32_t class_code = 0;
  bool resettable = true;               ///< has a function reset, by one of reset_methods
  std::optional<int> iommu_group = {};  ///< chosen by the host if empty; no_group: in none
  /// How it can be reset, in the order in which that is tried. `bus` does where the function is alone below a bridge.
  std::vector<pci::ResetMethod> reset_methods = {pci::ResetMethod::flr};
  bool group_ready = true;  ///< of the first one of a group: false defers drivers until Host::finish_group
  bool no_iommu = false;    ///< of the first one of a group: no IOMMU is behind it, so opening it needs a privilege
  std::vector<pci::Address> suppliers = {};  ///< functions that it needs: its driver is deferred until they are bound
  unsigned total_vfs = 0;       ///< SR-IOV: how many virtual functions it can have, from the next address on
  std::uint16_t vf_device = 0;  ///< their device id; the vendor is that of the physical function
  bool is_virtual = false;      ///< made by SR-IOV: a group and a device set of its own

  /// What of reset_methods does now: `bus` only for a function that is alone below its bridge.
  [[nodiscard]] std::vector<pci::ResetMethod> methods(bool alone) const {
    auto all = resettable ? reset_methods : std::vector<pci::ResetMethod>();
    std::erase_if(all, [&](pci::ResetMethod method) { return method == pci::ResetMethod::bus && !alone; });
    return all;
  }
  /// The virtual function of that number, from 0. It follows the physical one: the numbers of the functions first, then those of the
  /// next devices.
  [[nodiscard]] FunctionSpec virtual_function(unsigned number) const {
    FunctionSpec spec;
    const unsigned place = address.device * 8U + address.function + 1U + number;
    spec.address = {address.domain, address.bus, static_cast<decltype(address.device)>(place / 8U),
                    static_cast<decltype(address.function)>(place % 8U)};
    spec.bridge = bridge;
    spec.vendor = vendor;
    spec.device = vf_device;
    spec.class_code = class_code;
    spec.is_virtual = true;
    return spec;
  }
  [[nodiscard]] bool is_bridge() const { return class_code == bridge_class; }
};

class Blueprint {
 public:
  Blueprint& function(const FunctionSpec& spec) {
    functions_.push_back(spec);
    return *this;
  }
  /// A PCIe root port. It has no function reset.
  Blueprint& root_port(pci::Address address) {
    return function({.address = address,
                     .bridge = {},
                     .vendor = 0x1b36,
                     .device = 0x000c,
                     .class_code = FunctionSpec::bridge_class,
                     .resettable = false,
                     .iommu_group = {}});
  }
  /// A port of a switch: the upstream one below a root port, a downstream one below the upstream one.
  Blueprint& switch_port(pci::Address address, pci::Address bridge) {
    return function({.address = address,
                     .bridge = bridge,
                     .vendor = 0x104c,
                     .device = 0x8232,
                     .class_code = FunctionSpec::bridge_class,
                     .resettable = false,
                     .iommu_group = {}});
  }
  Blueprint& driver(Driver driver) {
    drivers_.push_back(std::move(driver));
    return *this;
  }
  /// vfio-pci, pci-stub and pcieport, which manage DMA themselves, and e1000e, which does not.
  Blueprint& usual_drivers() {
    return driver(
               {.name = "pcieport", .ids = {{0, 0, FunctionSpec::bridge_class}}, .manages_dma = true, .is_vfio = false})
        .driver({.name = "e1000e", .ids = {{0x8086, 0x10d3, 0}}, .manages_dma = false, .is_vfio = false})
        .driver({.name = "pci-stub", .ids = {}, .manages_dma = true, .is_vfio = false})
        .driver({.name = "vfio-pci", .ids = {}, .manages_dma = true, .is_vfio = true});
  }

  /// Which kernel's answers the host gives where kernels differ.
  Blueprint& kernel(const Profile& profile) {
    profile_ = profile;
    return *this;
  }

  [[nodiscard]] const Profile& profile() const { return profile_; }
  [[nodiscard]] const std::vector<FunctionSpec>& functions() const { return functions_; }
  [[nodiscard]] const std::vector<Driver>& drivers() const { return drivers_; }

 private:
  std::vector<FunctionSpec> functions_;
  std::vector<Driver> drivers_;
  Profile profile_;
};

}  // namespace devlock::sim
