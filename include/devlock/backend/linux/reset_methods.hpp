// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The ways in which the kernel resets one function, and their order, as sysfs reset_method has them. Neither reading nor
// writing waits for a lock. Not checked: whether a method does anything; the kernel lists those that the function claims.
// Source: reset_method_show, reset_method_store in drivers/pci/pci.c.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/linux/explain_device.hpp"
#include "devlock/pci/reset_method.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class ResetMethods {
 public:
  explicit ResetMethods(Inventory<Sys> inventory) : inventory_(std::move(inventory)) {}

  /// In the order in which they are tried; empty if they are switched off. A method that this library does not know is left out.
  /// ENOTTY: the function has none.
  [[nodiscard]] Result<std::vector<pci::ResetMethod>> read(pci::Address address) const {
    const auto text = inventory_.sysfs().read(path(address));
    if (!text) {
      return fail(Operation::reset_methods, address, text.error());
    }
    std::vector<pci::ResetMethod> methods;
    std::string_view rest = *text;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      const auto found = std::find_if(known.begin(), known.end(),
                                      [&](pci::ResetMethod one) { return rest.substr(0, end) == to_string(one); });
      if (found != known.end() && std::find(methods.begin(), methods.end(), *found) == methods.end()) {
        methods.push_back(*found);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return methods;
  }
  /// Only these from now on, in this order; none switches resets of the function off. EINVAL: it does not have one of them.
  [[nodiscard]] Result<void> write(pci::Address address, std::span<const pci::ResetMethod> methods) const {
    std::string text;
    for (const pci::ResetMethod method : methods) {
      text += text.empty() ? "" : " ";
      text += to_string(method);
    }
    return store(address, text.empty() ? "\n" : text);
  }
  /// All that the function has, in the kernel's order.
  [[nodiscard]] Result<void> write_default(pci::Address address) const { return store(address, "default"); }

 private:
  static constexpr std::array known{pci::ResetMethod::device_specific, pci::ResetMethod::acpi, pci::ResetMethod::flr,
                                    pci::ResetMethod::af_flr,          pci::ResetMethod::pm,   pci::ResetMethod::bus,
                                    pci::ResetMethod::cxl_bus};

  [[nodiscard]] std::string path(pci::Address address) const {
    return inventory_.sysfs().device(address) + "/reset_method";
  }
  [[nodiscard]] Result<void> store(pci::Address address, std::string_view text) const {
    if (const auto written = inventory_.sysfs().write(path(address), text); !written) {
      return fail(Operation::set_reset_methods, address, written.error());
    }
    return {};
  }
  [[nodiscard]] Failure fail(Operation operation, pci::Address address, int error_number) const {
    const bool missing = error_number == ENOENT && inventory_.present(address);
    return failure(explain_device(
        inventory_, operation, address, missing ? ENOTTY : error_number,
        {{ENOTTY, "it cannot be reset by itself, or this kernel is older than 5.15", "reset the bus that it is on"},
         {EINVAL, "the function does not have one of these methods", "read reset_method after writing its default"}}));
  }

  Inventory<Sys> inventory_;
};

}  // namespace devlock::linux_host
