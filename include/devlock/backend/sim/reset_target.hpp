// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the library's reset algorithm acts on in this host: save, reset and restore of modelled configuration space. The algorithm is
// pci::try_reset and pci::reset; there is no second copy of it here. A reset hits what hangs below the bridge or in the slot when it
// strikes, as hardware does, and not what a scope lists: a function that the scope misses loses its state, and nobody saved it.
// Not checked: that the locks are held; the algorithm holds them. A function comes only with the lock of its bridge, unless the host has
// the profile of a Linux.
#pragma once

#include "devlock/backend/sim/machine.hpp"
#include "devlock/pci/reset.hpp"

namespace devlock::sim {

template <Sync S>
class ResetTarget {
 public:
  using Scope = pci::ResetScope<DeviceLock<S>>;
  using Waiting = typename Gauge<S>::Inside;

  /// `operation` is what was asked for: it names the errors and the faults. `waiting` ends when the locks are held.
  explicit ResetTarget(Machine<S>& machine, Operation operation, Waiting waiting = {})
      : machine_(machine), operation_(operation), waiting_(std::move(waiting)) {}
  /// For a reset that nobody asked for, at open and at close: no fault strikes it.
  static ResetTarget unasked(Machine<S>& machine) {
    ResetTarget target(machine, Operation::reset_function);
    target.faulty_ = false;
    return target;
  }

  /// A function reset needs a method; what is below a bridge can always be reset.
  Result<void> check(const Scope& scope) {
    const Function<S>* function = machine_.find(scope.target());
    if (function == nullptr) {
      return failure(make_error(operation_, pci::to_string(scope.target()), ENODEV, "the function left",
                                "close its descriptors and give it back"));
    }
    if (scope.kind() == pci::ScopeKind::function && function->methods().empty()) {
      return failure(make_error(operation_, pci::to_string(scope.target()), ENOTTY, "the function has no reset",
                                "reset the bus that it is on, or see reset_method"));
    }
    return {};
  }
  /// EAGAIN: something came to the bus or left it before the locks were held.
  Result<void> unchanged(const Scope& scope) {
    if (scope.kind() == pci::ScopeKind::function) {
      return {};
    }
    if (const auto now = machine_.scope(scope.kind(), scope.target()); now && now->lists_the_same(scope)) {
      return {};
    }
    return failure(make_error(operation_, pci::to_string(scope.target()), EAGAIN,
                              "a function came to the bus or left it meanwhile", "look again what is there"));
  }
  Result<void> save(pci::Address address) {
    waiting_.leave();
    machine_.find_or_recall(address)->registers.save();
    return {};
  }
  /// A function by its methods, each of which a fault may strike (`bus` does if it is alone there, as in pci_parent_bus_reset); all else through the bridge.
  Result<void> reset(const Scope& scope) {
    const auto hit = machine_.hit_by(scope.kind(), scope.target());
    if (scope.kind() != pci::ScopeKind::function) {
      return strike(scope, hit);
    }
    const Function<S>& function = *machine_.find_or_recall(scope.target());
    return pci::reset_by_methods(
        operation_, scope.target(), function.methods(), [&](pci::ResetMethod method) -> Result<void> {
          if (method == pci::ResetMethod::bus &&
              machine_.hit_by(pci::ScopeKind::bus, scope.target()) != hit) {  // looked at and reset in one moment
            return failure(make_error(operation_, pci::to_string(scope.target()), ENOTTY,
                                      "it is not alone below a bridge", "reset the whole bus"));
          }
          return strike(scope, hit);
        });
  }
  Result<void> restore(pci::Address address) {
    if (!machine_.find_or_recall(address)->registers.restore()) {
      return failure(make_error(operation_, pci::to_string(address), EIO, "no state was saved to restore",
                                "bind the function again"));
    }
    return {};
  }

 private:
  Result<void> strike(const Scope& scope, const std::vector<Function<S>*>& hit) {
    if (const int error_number = faulty_ ? machine_.faults.take(operation_, scope.affected()) : 0) {
      return failure(
          make_error(operation_, pci::to_string(scope.target()), error_number, "a fault was injected", "try again"));
    }
    for (Function<S>* one : hit) {
      one->registers.reset();
    }
    return {};
  }
  Machine<S>& machine_;
  Operation operation_;
  Waiting waiting_;
  bool faulty_ = true;
};

/// A function and nothing above it: VFIO_DEVICE_RESET and the resets at open and close do not lock the bridge (pci.c,
/// pci_try_reset_function in 6.12).
template <Sync S>
pci::ResetScope<DeviceLock<S>> scope_without_bridge(const Function<S>& function) {
  pci::ResetScope<DeviceLock<S>> scope(pci::ScopeKind::function, function.address());
  scope.add(function.address(), function.lock());
  return scope;
}

}  // namespace devlock::sim
