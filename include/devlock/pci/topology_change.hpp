// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Hot-add and hot-remove while others lock parts of the tree: what would be changed under a holder's feet is contended instead. A bus that
// is held gets no new function; a function goes only if nobody has it, alone or as part of a bus.
//
//   if (pci::try_add(context, tree, address, bridge) == pci::Change::contended) { ... }
//
// With DeviceLocks the bridge's lock, or the function's, is tried; in an intention tree a right to change what is below, which other
// such changes do not exclude, or the subtree. Who changes the tree by itself and may wait holds lock_to_add_below meanwhile.
// A reset that finds its scope unchanged under its locks relies on it: a function that came without the bridge's lock would be hit by
// a reset that did not lock it. Linux does not take that lock: its hot-add holds pci_rescan_remove_lock, and pci_bus_sem for the list.
// Not checked: that one thread at a time changes or reads the tree itself; that is what rescan_remove_lock is for. Scopes that were made
// before still lock what they list: compare them with new ones under their locks.
#pragma once

#include "devlock/order/try_guard.hpp"
#include "devlock/pci/topology.hpp"

namespace devlock::pci {

enum class Change {
  done,
  contended,  ///< somebody holds what would change; nothing did
  refused,    ///< there is such a function already, or there is none, or something is below it or belongs to it
};

/// What whoever adds a function below `bridge` holds while it does: of that bridge's lock. It comes after rescan_remove_lock and before the
/// lock of the tree itself. A holder who waits in it waits for every reset of that bus, as they do for the holder.
template <class Lock>
auto& lock_to_add_below(Lock& bridge) {
  return ScopeLocks<Lock>::to_add_below(bridge);
}

/// Adds a function below a bridge.
template <LockContext Context, class Lock>
Change try_add(const Context& context, Topology<Lock>& tree, Address address, Address bridge)
    DEVLOCK_REQUIRES(context) {
  auto* const above = tree.find(bridge);
  if (above == nullptr) {
    return Change::refused;
  }
  TryGuard changes{context, lock_to_add_below(above->lock)};
  if (!changes) {
    return Change::contended;
  }
  return tree.add(address, bridge) != nullptr ? Change::done : Change::refused;
}

/// Takes a function away.
template <LockContext Context, class Lock>
Change try_remove(const Context& context, Topology<Lock>& tree, Address address) DEVLOCK_REQUIRES(context) {
  auto* const node = tree.find(address);
  if (node == nullptr) {
    return Change::refused;
  }
  TryGuard removes{context, ScopeLocks<Lock>::to_remove(node->lock)};
  if (!removes) {
    return Change::contended;
  }
  return tree.remove(address) ? Change::done : Change::refused;
}

}  // namespace devlock::pci
