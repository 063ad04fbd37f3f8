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
  std::map<std::string, std::string> attributes;  ///< every file and link of sysfs
  std::size_t hot_resets = 0;
  bool in_container = false;
  int attached = 0;  ///< groups that KVM has
  std::vector<int> closed_on_exec;
  std::size_t bound = 0;       ///< devices to iommufds
  std::size_t translated = 0;  ///< devices attached to address spaces
  std::size_t address_spaces = 0;
  friend bool operator==(const HostState&, const HostState&) = default;
};

/// In what `now` differs from `expected`.
inline std::string difference(const HostState& now, const HostState& expected) {
  std::ostringstream text;
  for (const auto& [path, value] : now.attributes) {
    const auto other = expected.attributes.find(path);
    if (other == expected.attributes.end()) {
      text << path << " is new and reads '" << value << "'; ";
    } else if (other->second != value) {
      text << path << " reads '" << value << "' instead of '" << other->second << "'; ";
    }
  }
  for (const auto& [path, value] : expected.attributes) {
    if (!now.attributes.contains(path)) {
      text << path << " is gone, which read '" << value << "'; ";
    }
  }
  text << now.hot_resets << " hot resets instead of " << expected.hot_resets << "; "
       << (now.in_container ? "in" : "out of") << " the container instead of "
       << (expected.in_container ? "in" : "out of") << "; " << now.attached << " groups attached instead of "
       << expected.attached << "; " << now.closed_on_exec.size() << " closed on exec instead of "
       << expected.closed_on_exec.size() << "; " << now.bound << " devices bound instead of " << expected.bound << ", "
       << now.translated << " attached instead of " << expected.translated << ", " << now.address_spaces
       << " address spaces instead of " << expected.address_spaces;
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
    for (const auto& [path, text] : kernel.files) {
      now.attributes[path] = text.substr(0, text.find('\n'));
    }
    now.attributes.insert(kernel.links.begin(), kernel.links.end());
    now.closed_on_exec = kernel.closed_on_exec;
    now.bound = kernel.bound.size();
    now.translated = kernel.attached.size();
    if (kernel.open_descriptors(Kind::iommufd) != 0) {
      now.address_spaces = kernel.ioases.size();
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
                            Kind::kvm_vfio, Kind::event, Kind::iommufd, Kind::cdev}) {
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
  /// Every handle goes, and then the launcher closes what it handed over and nobody took.
  void let_go() {
    binding.reset();
    device.reset();
    vm.reset();
    group.reset();
    container.reset();
    cdev.reset();
    space.reset();
    iommufd.reset();
    for (const int fd : handed_over) {
      if (kernel.is_open(fd)) {
        (void)FakeSys(kernel).close(fd);
      }
    }
    handed_over.clear();
  }

  devlock::pci::Topology<Lock> tree;
  devlock::pci::Topology<passthrough::DeviceLock> plain;  ///< for resets through an open device
  Ownership ownership;
  std::vector<int> handed_over;
  std::size_t first_call = 0;
  std::size_t last_call = 0;
  std::optional<Binding> binding;
  std::optional<Host::Container> container;
  std::optional<Host::Group> group;
  std::optional<Host::Vm> vm;
  std::optional<Host::Device> device;
  std::optional<devlock::linux_host::BasicIommufd<FakeSys>> iommufd;
  std::optional<devlock::linux_host::BasicIoas<FakeSys>> space;
  std::optional<devlock::linux_host::BasicCdev<FakeSys>> cdev;
  std::unique_ptr<Ownership::Claim> kept_claim;  ///< of an operation that forgets to give it back
};

}  // namespace fake
