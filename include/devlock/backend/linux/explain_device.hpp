// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The words of an error about a function, which may have left meanwhile: ENOENT and ENODEV then say so.
// Not checked: that it did not come back since.
#pragma once

#include <initializer_list>

#include "devlock/backend/linux/explain.hpp"
#include "devlock/backend/linux/inventory.hpp"

namespace devlock::linux_host {

/// As explain(), and if the errno says that something is gone and the function is not there, that.
template <SystemCalls Sys>
[[nodiscard]] Error explain_device(const Inventory<Sys>& inventory, Operation operation, pci::Address address,
                                   int error_number, std::initializer_list<Meaning> known) {
  Error error = explain(operation, to_string(address), error_number, known);
  if (error.error_class == ErrorClass::gone && !inventory.present(address)) {
    error.reason = "there is no such function";
    error.remedy = "see lspci -D; after a hotplug, rescan the bus";
  } else if (error.error_class == ErrorClass::unsupported && error.remedy.empty()) {
    error.remedy = "see the kernel log (dmesg)";
  }
  return error;
}

}  // namespace devlock::linux_host
