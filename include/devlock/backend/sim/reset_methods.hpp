// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The ways in which a simulated function is reset, and their order, as sysfs `reset_method` has them. What a function has is decided when
// it comes; what it uses can be changed, and switched off. None of this waits for a lock.
//
//   sim::ResetMethods methods(host);
//   methods.write(address, {});        // resets of the function answer ENOTTY from here on
//
// Not checked: that a method which is claimed does anything.
// Source: reset_method_show, reset_method_store, pci_init_reset_methods in drivers/pci/pci.c.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "devlock/backend/sim/host.hpp"

namespace devlock::sim {

template <Sync S>
class ResetMethods {
 public:
  explicit ResetMethods(const BasicHost<S>& host) : machine_(host.machine()) {}

  /// In the order in which they are tried; empty if they are switched off. ENOENT: no such function. ENOTTY: it has none.
  [[nodiscard]] Result<std::vector<pci::ResetMethod>> read(pci::Address address) const {
    const Function<S>* function = machine_.find(address);
    if (function == nullptr || !function->resettable) {
      return absent(Operation::reset_methods, address, function != nullptr);
    }
    return function->methods();
  }
  /// Only these from now on, in this order. EINVAL: it does not have one of them now. ENOENT, ENOTTY: as above.
  [[nodiscard]] Result<void> write(pci::Address address, std::span<const pci::ResetMethod> methods) {
    Function<S>* function = machine_.find(address);
    if (function == nullptr || !function->resettable) {
      return absent(Operation::set_reset_methods, address, function != nullptr);
    }
    const auto has = machine_.reset_methods_of(*function);
    for (const pci::ResetMethod method : methods) {
      if (std::find(has.begin(), has.end(), method) == has.end()) {
        return failure(make_error(Operation::set_reset_methods, pci::to_string(address), EINVAL,
                                  std::string("the function does not have ") + to_string(method) + " now",
                                  "read reset_method after writing its default"));
      }
    }
    function->set_methods({methods.begin(), methods.end()});
    return {};
  }
  /// All that the function has now. ENOENT, ENOTTY: as above.
  [[nodiscard]] Result<void> write_default(pci::Address address) {
    Function<S>* function = machine_.find(address);
    if (function == nullptr || !function->resettable) {
      return absent(Operation::set_reset_methods, address, function != nullptr);
    }
    function->set_methods(machine_.reset_methods_of(*function));
    return {};
  }

 private:
  static Failure absent(Operation operation, pci::Address address, bool known) {
    return failure(make_error(operation, pci::to_string(address), known ? ENOTTY : ENOENT,
                              known ? "it cannot be reset by itself" : "there is no such function",
                              known ? "reset the bus that it is on" : "look at the list of devices"));
  }

  Machine<S>& machine_;
};

}  // namespace devlock::sim
