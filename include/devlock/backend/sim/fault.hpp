// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Faults on request: the next operations of a kind, on a function or on any, fail with an errno. The fault strikes at the step that
// does the work, when locks are held and state is saved, so that everything that must be rolled back is there.
//
//   host.inject(Operation::bind, address, ENOMEM);          // the next bind of that function
//   host.inject(Operation::reset_device, {}, EIO, 3);       // three resets of any
//
// Not checked: that Linux can return this errno there.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "devlock/backend/operation.hpp"
#include "devlock/backend/sim/leaf.hpp"
#include "devlock/pci/address.hpp"

namespace devlock::sim {

template <Sync S>
class Faults {
 public:
  /// `where` empty means any function. An error number or a count of 0 asks for nothing.
  void add(Operation operation, std::optional<pci::Address> where, int error_number, unsigned count) {
    if (error_number != 0 && count != 0) {
      leaf_.with([&] { waiting_.push_back({operation, where, error_number, count}); });
    }
  }
  /// The errno that this operation on these functions has to fail with; 0 if none. Uses one up.
  [[nodiscard]] int take(Operation operation, std::span<const pci::Address> on) {
    return leaf_.with([&] {
      for (auto fault = waiting_.begin(); fault != waiting_.end(); ++fault) {
        if (fault->operation == operation && meets(fault->where, on)) {
          const int error_number = fault->error_number;
          if (--fault->count == 0) {
            waiting_.erase(fault);
          }
          return error_number;
        }
      }
      return 0;
    });
  }
  [[nodiscard]] int take(Operation operation, pci::Address on) { return take(operation, std::span(&on, 1)); }

 private:
  struct Fault {
    Operation operation;
    std::optional<pci::Address> where;
    int error_number;
    unsigned count;
  };
  static bool meets(const std::optional<pci::Address>& where, std::span<const pci::Address> on) {
    if (!where) {
      return true;
    }
    for (const pci::Address& address : on) {
      if (address == *where) {
        return true;
      }
    }
    return false;
  }

  Leaf<S> leaf_;
  std::vector<Fault> waiting_;
};

}  // namespace devlock::sim
