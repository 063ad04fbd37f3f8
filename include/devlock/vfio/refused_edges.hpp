// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Edges that Linux 6.12 has and VfioOrder has not: with any of them the order would be a cycle. Each says where the kernel waits for
// Inner while it holds Outer, what the other half of the cycle is, and how far it is known. A VMM that causes the Outer half in one
// thread and the other half in another can hang, whatever its own locks do.
//
//   for (const vfio::RefusedEdgeText& edge : vfio::refused_edges) std::puts(edge.other_half);
//
// Not here: edges of older kernels that are gone, and orders between two locks of one class.
#pragma once

#include <array>

#include "devlock/vfio/order.hpp"

namespace devlock::vfio {

/// How an edge that closes a cycle is known.
enum class Evidence {
  hangs,      ///< a kernel hung on it
  reported,   ///< lockdep reported it on a running kernel
  instances,  ///< the two ends are different instances in a fixed order of their own, which classes cannot say
  inferred,   ///< read in the source; no hang is known
};

constexpr const char* to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::hangs:
      return "hangs";
    case Evidence::reported:
      return "reported";
    case Evidence::instances:
      return "instances";
    case Evidence::inferred:
      return "inferred";
  }
  return "unknown";
}

/// One of them, as text.
struct RefusedEdgeText {
  const char* outer;
  const char* inner;
  const char* place;       ///< where Linux waits for inner with outer held
  const char* other_half;  ///< what leads back from inner to outer
  Evidence evidence;
};

/// Adding Before<Outer, Inner> to Order would close a cycle.
template <class Order, class Outer, class Inner>
inline constexpr bool closes_cycle = std::same_as<Outer, Inner> || precedes<Order, Inner, Outer>;

/// An edge and what is known of it. It does not compile unless it would close a cycle: what does not belongs into the order.
template <LockClass Outer, LockClass Inner>
constexpr RefusedEdgeText refused_edge(const char* place, const char* other_half, Evidence evidence) {
  static_assert(closes_cycle<VfioOrder, Outer, Inner>, "devlock: this edge closes no cycle; declare it in VfioOrder");
  return {Outer::name, Inner::name, place, other_half, evidence};
}

inline constexpr std::array refused_edges{
    refused_edge<device_lock, rescan_remove_lock>(
        "sriov_numvfs_store: the rescan lock under the PF's device_lock, since the repair of the race between SR-IOV "
        "and hotplug",
        "remove_store: device_release_driver waits for device_lock under the rescan lock", Evidence::hangs),
    refused_edge<attribute, rescan_remove_lock>(
        "dev_rescan_store, rescan_store: a handler of an attribute waits for the rescan lock",
        "pci_stop_and_remove_bus_device: device_del drains the handlers under the rescan lock", Evidence::reported),
    refused_edge<config_access, device_lock>(
        "pci_bus_lock: the block of a bridge is held while the device_lock of what is below it is waited for",
        "pci_dev_lock: the block of a device under its device_lock. A child comes after its bridge; devlock's walk "
        "takes every "
        "device_lock before the first block",
        Evidence::instances),
    refused_edge<device_lock, attribute>("sriov_disable: the VFs' attributes are drained under the PF's device_lock",
                                         "reset_store of a VF waits for the device_lock of the bridge above the PF, "
                                         "whose holder may wait for that of the PF",
                                         Evidence::inferred),
    refused_edge<bus_list_lock, device_lock>(
        "pci_walk_bus in error recovery: report_error_detected waits for device_lock under pci_bus_sem, as a reader",
        "pci_bridge_wait_for_secondary_bus reads pci_bus_sem under device_lock. Two readers; they deadlock once a "
        "writer queues",
        Evidence::reported),
    refused_edge<reset_lock, rescan_remove_lock>(
        "pciehp_configure_device, pciehp_unconfigure_device: the rescan lock under reset_lock, as a reader",
        "pciehp_reset_slot writes reset_lock under device_lock, which remove_store waits for under the rescan lock",
        Evidence::inferred),
    refused_edge<device_lock, slot_list_lock>(
        "sriov_enable: pci_setup_device of a VF assigns its slot under the PF's device_lock",
        "pci_bus_error_reset: the slots are locked, device by device, under pci_slot_mutex", Evidence::inferred),
};

}  // namespace devlock::vfio
