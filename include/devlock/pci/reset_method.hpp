// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The ways in which one function can be reset, and the rule between them: tried in order, ENOTTY means that the next one may do, any
// other error ends the reset with it, since the function was touched.
//
//   return pci::reset_by_methods(Operation::reset_function, address, methods, [&](ResetMethod m) { return attempt(m); });
//
// Not checked: that the locks are held; call it from a target's `reset`.
// Source: __pci_reset_function_locked, pci_reset_fn_methods in drivers/pci/pci.c.
#pragma once

#include <concepts>
#include <span>
#include <type_traits>

#include "devlock/backend/classify.hpp"
#include "devlock/pci/address.hpp"

namespace devlock::pci {

/// In the order in which Linux tries them unless `reset_method` in sysfs says otherwise.
enum class ResetMethod { device_specific, acpi, flr, af_flr, pm, bus, cxl_bus };

/// As sysfs spells it.
constexpr const char* to_string(ResetMethod method) {
  switch (method) {
    case ResetMethod::device_specific: return "device_specific";
    case ResetMethod::acpi: return "acpi";
    case ResetMethod::flr: return "flr";
    case ResetMethod::af_flr: return "af_flr";
    case ResetMethod::pm: return "pm";
    case ResetMethod::bus: return "bus";
    case ResetMethod::cxl_bus: return "cxl_bus";
  }
  return "unknown";
}

/// The first method that does not answer ENOTTY decides. ENOTTY if all of them do, or if there are none.
template <class Attempt>
  requires std::same_as<std::invoke_result_t<Attempt&, ResetMethod>, Result<void>>
Result<void> reset_by_methods(Operation operation, Address address, std::span<const ResetMethod> methods,
                              Attempt&& attempt) {
  for (const ResetMethod method : methods) {
    Result<void> outcome = attempt(method);
    if (outcome || outcome.error().error_number != ENOTTY) {
      return outcome;
    }
  }
  return failure(make_error(operation, to_string(address), ENOTTY,
                            methods.empty() ? "the function has no reset" : "none of its reset methods does here",
                            "reset the bus that it is on"));
}

}  // namespace devlock::pci
