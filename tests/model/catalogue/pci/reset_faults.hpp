// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Every wrong variant of try_reset's history that touches what is locked, in which order, and what is given back: V1 and V3 to V7, and
// some that nobody shipped.
// Source: pci_try_reset_function, pci_slot_trylock, pci_bus_trylock in drivers/pci/pci.c.
#pragma once

#include "model/catalogue/pci/try_reset.hpp"

namespace catalogue::pci {

/// V1: saves before the trylock, and restores after it even if it failed.
struct SavesFirst {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    for (const Address address : scope.affected()) {
      (void)host.save(address);
    }
    Result<void> outcome = contended();
    {
      devlock::HierarchicalTryLock locked{context, scope};
      if (locked) {
        outcome = host.reset(scope);
      }
    }
    for (const Address address : scope.affected()) {
      (void)host.restore(address);
    }
    return outcome;
  }
};

/// Has the locks and forgets the restore, or restores twice. Once is right.
template <unsigned Restores>
struct RestoresTimes {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    devlock::HierarchicalTryLock locked{context, scope};
    if (!locked) {
      return contended();
    }
    for (const Address address : scope.affected()) {
      (void)host.save(address);
    }
    Result<void> outcome = host.reset(scope);
    for (const Address address : scope.affected()) {
      for (unsigned time = 0; time != Restores; ++time) {
        (void)host.restore(address);
      }
    }
    return outcome;
  }
};

/// V3 (bus), V6 (slot), V7 (function, still in 6.12): the bridge above is not locked.
struct ForgetsTheBridge {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    ResetScope<Lock> without(scope.kind(), scope.target());
    for (std::size_t place = 1; place != scope.locks().size(); ++place) {
      without.add(scope.address_of(place), *scope.locks()[place]);
    }
    return TryReset::run(context, host, without);
  }
};

/// The slot's own functions alone: what is below a bridge of the slot is hit and not locked.
struct ForgetsWhatIsBelow {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    ResetScope<Lock> top(scope.kind(), scope.target());
    top.add_bridge(scope.address_of(0), *scope.locks()[0]);
    for (std::size_t place = 1; place != scope.locks().size(); ++place) {
      if (scope.address_of(place).same_slot(scope.target())) {
        top.add(scope.address_of(place), *scope.locks()[place]);
      }
    }
    return TryReset::run(context, host, top);
  }
};

/// V4, one half: the draft locked a bridge below and then its bus, which locks the bridge once more.
struct LocksAChildTwice {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    ResetScope<Lock> twice(scope.kind(), scope.target());
    for (std::size_t place = 0; place != scope.locks().size(); ++place) {
      twice.add(scope.address_of(place), *scope.locks()[place]);
      if (scope.address_of(place) == model::down0) {
        twice.add(scope.address_of(place), *scope.locks()[place]);
      }
    }
    return TryReset::run(context, host, twice);
  }
};

/// V4, the other half: the draft waited for the bridge inside the trylock.
struct WaitsForTheBridge {
  template <class Context>
  static Result<void> run(const Context&, Host& host, const ResetScope<Lock>& scope) {
    const Unchecked first("V4: a trylock that waits for the bridge");
    devlock::Guard bridge{first, *scope.locks()[0]};
    ResetScope<Lock> below(scope.kind(), scope.target());
    for (std::size_t place = 1; place != scope.locks().size(); ++place) {
      below.add(scope.address_of(place), *scope.locks()[place]);
    }
    devlock::HierarchicalTryLock locked{bridge, below};
    return locked ? devlock::pci::detail::reset_locked(locked, host, scope) : contended();
  }
};

/// Waits for the locks of a bus from the last one to the bridge; all else waits from the top.
struct WaitsForABusFromBelow {
  static constexpr bool waits = true;
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    if (scope.kind() != ScopeKind::bus) {
      return WaitingReset::run(context, host, scope);
    }
    const auto locks = scope.locks();
    for (auto lock = locks.rbegin(); lock != locks.rend(); ++lock) {
      devlock::LockAccess::lock(**lock);
    }
    const Unchecked locked("a walk from below");
    auto done = devlock::pci::detail::reset_locked(locked, host, scope);
    for (Lock* lock : locks) {
      devlock::LockAccess::unlock(*lock);
    }
    return done;
  }
};

/// V5: after a failed trylock of the bus below, the slot's trylock gave back its bridge, which that trylock had already given
/// back or had never had.
struct UnlocksTheBridgeOfTheBus {
  template <class L>
  static void undo(std::span<L* const> locks, std::size_t taken) {
    devlock::ReverseRollback::undo(locks, taken);
    if (taken != 0) {
      devlock::LockAccess::unlock(*locks[1]);  // the bridge whose bus it was
    }
  }
};
/// Gives back all that it took but for the bridge.
struct KeepsTheBridge {
  template <class L>
  static void undo(std::span<L* const> locks, std::size_t taken) {
    while (taken > 1) {
      devlock::LockAccess::unlock(*locks[--taken]);
    }
  }
};
template <class Rollback>
struct RollsBack {
  template <class Context>
  static Result<void> run(const Context& context, Host& host, const ResetScope<Lock>& scope) DEVLOCK_REQUIRES(context) {
    devlock::HierarchicalTryLock<typename Context::held, Lock, Rollback> locked{context, scope};
    return locked ? devlock::pci::detail::reset_locked(locked, host, scope) : contended();
  }
};

}  // namespace catalogue::pci
