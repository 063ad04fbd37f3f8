// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions that leave and come, and the slots that they sit in. One mutex of the kernel, pci_rescan_remove_lock, is around
// every change: a remove that waits for an open descriptor stalls every other remove, rescan and hotplug of the machine until
// that is closed.
// Not checked: whether anybody uses the function.
// Source: remove_store, rescan_store in drivers/pci/pci-sysfs.c; drivers/pci/slot.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "devlock/backend/linux/explain_device.hpp"

namespace devlock::linux_host {

/// A slot that firmware or a hotplug driver names: its functions are those with this domain, bus and device.
struct Slot {
  std::string name;
  pci::Address address;    ///< of function 0
  bool whole_bus = false;  ///< it has no device number: all devices of the bus are in it
};

template <SystemCalls Sys>
class Hotplug {
 public:
  using MayWaitForRescan = vfio::ContextFor<vfio::rescan_remove_lock>;

  explicit Hotplug(Inventory<Sys> inventory) : inventory_(std::move(inventory)) {}

  /// Takes the function and what is below it away, unbinding first. Waits as unbind does, and stalls every hotplug while it does. ENOTTY: it is
  /// a virtual function, for which sysfs has no `remove`.
  [[nodiscard]] Result<void> remove([[maybe_unused]] MayWaitForRescan context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    const auto written = inventory_.sysfs().write(inventory_.sysfs().device(address) + "/remove", "1");
    if (written) {
      return {};
    }
    const bool is_virtual = written.error() == ENOENT &&
                            inventory_.sysfs().exists(inventory_.sysfs().device(address) + "/physfn").value_or(false);
    return failure(explain_device(
        inventory_, Operation::remove_function, address, is_virtual ? ENOTTY : written.error(),
        {{ENODEV, "somebody removes it already", "wait until it is gone"},
         {ENOENT, "somebody removes it already", "wait until it is gone"},  // whose `remove` is gone before it is
         {ENOTTY, "a virtual function is not removed by itself", "write 0 to sriov_numvfs of its physical function"}}));
  }
  /// Looks for new functions on every bus.
  [[nodiscard]] Result<void> rescan([[maybe_unused]] MayWaitForRescan context) const DEVLOCK_REQUIRES(context) {
    if (const auto written = inventory_.sysfs().write(inventory_.sysfs().rescan(), "1"); !written) {
      return failure(explain(Operation::rescan, "PCI buses", written.error(),
                             {{ENOENT, "this machine has no PCI, or sysfs is not mounted", "mount sysfs on /sys"}}));
    }
    return {};
  }
  /// Looks for new functions on the bus below this bridge.
  [[nodiscard]] Result<void> rescan([[maybe_unused]] MayWaitForRescan context, pci::Address bridge) const
      DEVLOCK_REQUIRES(context) {
    const auto written = inventory_.sysfs().write(inventory_.sysfs().device(bridge) + "/rescan", "1");
    if (written) {
      return {};
    }
    return failure(explain_device(inventory_, Operation::rescan, bridge, written.error(), {}));
  }

  /// The slots that the kernel knows, by name; none on a machine whose firmware names none. Waits for nothing.
  [[nodiscard]] Result<std::vector<Slot>> slots() const {
    const auto names = inventory_.sysfs().names(inventory_.sysfs().slots());
    if (!names && names.error() == ENOENT) {
      return std::vector<Slot>();
    }
    if (!names) {
      return failure(make_error(Operation::enumerate, "PCI slots", names.error(), "sysfs does not list them",
                                "mount sysfs on /sys"));
    }
    std::vector<Slot> all;
    for (const std::string& name : *names) {
      const auto text = inventory_.sysfs().read(inventory_.sysfs().slots() + '/' + name + "/address");
      if (!text && (text.error() == ENOENT || text.error() == ENODEV)) {
        continue;  // it left meanwhile
      }
      auto slot = text ? parse(name, *text) : std::nullopt;
      if (!slot) {
        return failure(make_error(Operation::enumerate, "slot " + name, text ? EIO : text.error(),
                                  "its address is not readable or not what sysfs prints",
                                  "see the kernel log (dmesg)"));
      }
      all.push_back(std::move(*slot));
    }
    return all;
  }

 private:
  // "0000:05:00", or "0000:05" where there is no device number.
  static std::optional<Slot> parse(const std::string& name, const std::string& text) {
    Slot slot{name, {}, std::count(text.begin(), text.end(), ':') == 1};
    const auto address = parse_name(text + (slot.whole_bus ? ":00.0" : ".0"));
    if (!address) {
      return std::nullopt;
    }
    slot.address = *address;
    return slot;
  }

  Inventory<Sys> inventory_;
};

}  // namespace devlock::linux_host
