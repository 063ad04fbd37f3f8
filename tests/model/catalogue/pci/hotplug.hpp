// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A bus reset while a device comes to that bus or leaves it. The kernel locks, rolls back and unlocks by walking the live list
// of the bus three times; what was added in between is unlocked without having been locked, and a rollback starts from a device that
// may be freed. The library records what it took, and looks under the locks whether the list is still the same.
// Always: every unlock matches a lock; only devices that are there are touched; a reset that finds another list touches nothing.
// Source: pci_bus_lock, pci_bus_trylock, pci_bus_unlock in drivers/pci/pci.c; pci_bus_add_device, pci_destroy_dev.
#pragma once

#include "model/catalogue/pci/changing_bus.hpp"

#include <optional>

namespace catalogue::pci {

/// The port down0 with and without the device that is plugged. Which of the two holds is what the list of the bus says.
struct Port : model::Switch<Lock> {
  Port() : without(*tree.scope(ScopeKind::subordinate, model::down0)) {
    tree.add(plugged, model::down0);
    with.emplace(*tree.scope(ScopeKind::subordinate, model::down0));
  }
  ResetScope<Lock> without;
  std::optional<ResetScope<Lock>> with;
};

}  // namespace catalogue::pci
