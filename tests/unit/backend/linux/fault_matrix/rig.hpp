// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The machine that the fault matrix runs an operation on: the small machine with this program's own locks and claims, and what an
// operation leaves of it, so that two states can be compared.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../../../../../examples/passthrough/vfio_reset.hpp"
#include "devlock/backend/hot_reset.hpp"
#include "devlock/lock/group_ownership.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/binding.hpp"
#include "unit/backend/linux/machine.hpp"

namespace fake {

/// What of the host outlives an operation. Descriptors are apart: after an error there are none of the operation's.
struct HostState {
  std::map<std::string, std::string> drivers;
  std::map<std::string, std::string> overrides;
  std::map<std::string, std::string> resets;  ///< what was written to reset attributes
  std::size_t hot_resets = 0;
  bool in_container = false;
  int attached = 0;  ///< groups that KVM has
  friend bool operator==(const HostState&, const HostState&) = default;
};

inline std::string to_string(const HostState& state) {
  std::ostringstream text;
  for (const auto& [address, driver] : state.drivers) {
    text << address << " is bound to '" << driver << "'; ";
  }
  for (const auto& [address, only] : state.overrides) {
    text << address << " has the override '" << only << "'; ";
  }
  for (const auto& [path, written] : state.resets) {
    text << path << " got '" << written << "'; ";
  }
  text << state.hot_resets << " hot resets; " << (state.in_container ? "in" : "out of") << " the container; "
       << state.attached << " groups attached";
  return text.str();
}

struct Rig : Machine {
  using Binding = devlock::vfio::DriverBinding<Host>;
  using Lock = devlock::DeviceLock<devlock::StdSync>;
  using Ownership = devlock::GroupOwnership<devlock::StdSync>;

  Rig() {
    tree.add(port);
    plain.add(port);
    for (const Address address : {first, second}) {
      tree.add(address, port);
      plain.add(address, port);
    }
    kernel.hot_reset_functions = {dependent(1, 0, 0, 7), dependent(1, 0, 1, 7)};
  }

  /// The steps of the operation proper are those between these two.
  void begin() { first_call = kernel.made.size(); }
  void end() { last_call = kernel.made.size(); }

  [[nodiscard]] HostState state() const {
    HostState now;
    for (const Address address : {port, first, second}) {
      const std::string path = device_path(address);
      const auto driver = kernel.links.find(path + "/driver");
      now.drivers[to_string(address)] =
          driver == kernel.links.end() ? "" : devlock::linux_host::last_component(driver->second);
      now.overrides[to_string(address)] = text_of(path + "/driver_override");
      now.resets[to_string(address)] = text_of(path + (address == port ? "/reset_subordinate" : "/reset"));
    }
    now.hot_resets = kernel.hot_resets.size();
    now.in_container = kernel.container_of_group >= 0 && kernel.open_descriptors(Kind::group) != 0;
    if (kernel.open_descriptors(Kind::kvm_vfio) != 0) {
      for (const auto& [attribute, fd] : kernel.kvm_attributes) {
        now.attached += attribute == KVM_DEV_VFIO_GROUP_ADD ? 1 : -1;
      }
    }
    return now;
  }
  [[nodiscard]] std::map<Kind, std::size_t> descriptors() const {
    std::map<Kind, std::size_t> open;
    for (const Kind kind : {Kind::file, Kind::container, Kind::group, Kind::device, Kind::kvm, Kind::machine,
                            Kind::kvm_vfio, Kind::event}) {
      open[kind] = kernel.open_descriptors(kind);
    }
    return open;
  }
  /// What this program still holds that it should not: locks of functions, the claim of the group.
  [[nodiscard]] std::string still_held() {
    root.assume();
    std::string text;
    const auto try_all = [&](auto& locks) {
      root.assume();
      for (auto* const node : locks.walk()) {
        const devlock::TryGuard guard{root, node->lock};
        if (!guard) {
          text += "lock of " + to_string(node->address) + "; ";
        }
      }
    };
    try_all(tree);
    try_all(plain);
    if (!ownership.claim(root, this)) {
      text += "claim of group 7; ";
    }
    return text;
  }
  void let_go() {
    binding.reset();
    device.reset();
    vm.reset();
    group.reset();
    container.reset();
  }

  devlock::pci::Topology<Lock> tree;
  devlock::pci::Topology<passthrough::DeviceLock> plain;  ///< for resets through an open device
  Ownership ownership;
  std::size_t first_call = 0;
  std::size_t last_call = 0;
  std::optional<Binding> binding;
  std::optional<Host::Container> container;
  std::optional<Host::Group> group;
  std::optional<Host::Vm> vm;
  std::optional<Host::Device> device;
  std::unique_ptr<Ownership::Claim> kept_claim;  ///< of an operation that forgets to give it back

 private:
  [[nodiscard]] std::string text_of(const std::string& path) const {
    const auto found = kernel.files.find(path);
    return found == kernel.files.end() ? "" : found->second.substr(0, found->second.find('\n'));
  }
};

}  // namespace fake
