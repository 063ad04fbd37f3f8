// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The virtual functions of a function (SR-IOV). READING how many there are waits for the device_lock, as writing does: between
// an unplug request and the close of the descriptor neither may be done. Which they are is told by links, and waits for
// nothing.
// Not checked: that nobody uses a virtual function that is taken away; its unbind waits for whoever does.
// Source: sriov_numvfs_show, sriov_numvfs_store in drivers/pci/iov.c.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/linux/explain_device.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class VirtualFunctions {
 public:
  explicit VirtualFunctions(Inventory<Sys> inventory) : inventory_(std::move(inventory)) {}

  /// How many are enabled. ENOTTY: the function has no virtual ones.
  [[nodiscard]] Result<int> enabled([[maybe_unused]] vfio::ContextFor<vfio::device_lock> context,
                                    pci::Address physical) const DEVLOCK_REQUIRES(context) {
    return number(physical, "sriov_numvfs");
  }
  /// How many it can have. Waits for nothing.
  [[nodiscard]] Result<int> most(pci::Address physical) const { return number(physical, "sriov_totalvfs"); }

  /// Enables so many; 0 takes all away, which unbinds each and waits for its descriptors. EBUSY: some are enabled, another number.
  /// ENOENT: no driver is bound that enables them. ERANGE: it cannot have so many. Functions come and go, as in a
  /// rescan and a remove: so it asks for the context of those.
  [[nodiscard]] Result<void> enable([[maybe_unused]] vfio::ContextFor<vfio::rescan_remove_lock> context,
                                    pci::Address physical, int count) const DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::set_virtual_functions;
    if (count < 0) {
      return failure(make_error(operation, to_string(physical), ERANGE,
                                std::to_string(count) + " is no number of functions",
                                "name 0 to the number that it can have"));
    }
    const auto written = inventory_.sysfs().write(path(physical, "sriov_numvfs"), std::to_string(count));
    if (written) {
      return {};
    }
    // The same errno comes from the open of a file that is not there.
    const bool missing = written.error() == ENOENT && !has(physical, "sriov_numvfs");
    return failure(
        explain_device(inventory_, operation, physical, missing ? gone_or_unable(physical) : written.error(),
                       {{ENOTTY, "it has no virtual functions", ""},
                        {ENOENT, "no driver is bound to it that enables virtual functions",
                         "bind its own driver, or vfio-pci with enable_sriov=1"},
                        {EBUSY, "it has another number of virtual functions", "set it to 0 first"},
                        {ERANGE, "it cannot have so many", "see sriov_totalvfs"},
                        {EINVAL, "its driver or firmware refuses this number", "see the kernel log (dmesg)"}}));
  }

  /// The virtual functions of `physical`, by their links. Waits for nothing; empty if it has none or left.
  [[nodiscard]] Result<std::vector<pci::Address>> list(pci::Address physical) const {
    const auto names = inventory_.sysfs().names(inventory_.sysfs().device(physical));
    if (!names) {
      return failure(explain_device(inventory_, Operation::enumerate, physical, names.error(), {}));
    }
    std::vector<pci::Address> all;
    for (const std::string& name : *names) {
      if (!std::string_view(name).starts_with("virtfn")) {
        continue;
      }
      const auto found = linked(physical, name);
      if (!found) {
        return failure(found.error());
      }
      if (*found) {
        all.push_back(**found);
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  /// The function that a virtual one belongs to; empty if it is none.
  [[nodiscard]] Result<std::optional<pci::Address>> physical_of(pci::Address address) const {
    return linked(address, "physfn");
  }

 private:
  [[nodiscard]] std::string path(pci::Address address, const char* name) const {
    return inventory_.sysfs().device(address) + '/' + name;
  }
  [[nodiscard]] bool has(pci::Address address, const char* name) const {
    return inventory_.sysfs().exists(path(address, name)).value_or(false);
  }
  [[nodiscard]] int gone_or_unable(pci::Address address) const { return inventory_.present(address) ? ENOTTY : ENOENT; }
  [[nodiscard]] Result<int> number(pci::Address physical, const char* name) const {
    const auto text = inventory_.sysfs().read(path(physical, name));
    const auto value = text ? parse_decimal(*text) : std::nullopt;
    if (value) {
      return *value;
    }
    const int error_number = text ? EIO : text.error() == ENOENT ? gone_or_unable(physical) : text.error();
    return failure(explain_device(inventory_, Operation::virtual_functions, physical, error_number,
                                  {{ENOTTY, "it has no virtual functions", ""},
                                   {EIO, "the number is not readable or not what sysfs prints", ""}}));
  }
  [[nodiscard]] Result<std::optional<pci::Address>> linked(pci::Address from, const std::string& name) const {
    const auto target = inventory_.sysfs().link(inventory_.sysfs().device(from) + '/' + name);
    if (!target) {
      if (target.error() == ENOENT) {
        return std::optional<pci::Address>();
      }
      return failure(explain_device(inventory_, Operation::enumerate, from, target.error(), {}));
    }
    const auto address = parse_name(last_component(*target));
    if (!address) {
      return failure(make_error(Operation::enumerate, to_string(from), EIO, "its link " + name + " names no function",
                                "see the kernel log (dmesg)"));
    }
    return std::optional(*address);
  }

  Inventory<Sys> inventory_;
};

}  // namespace devlock::linux_host
