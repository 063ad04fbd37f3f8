// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The order that Linux itself follows among the classes of vfio/lock_classes.hpp. An edge A before B stands for a place in
// Linux 6.12 that waits for B while it holds A; the comment names it. Two stand for what older kernels do, and say so. What lockdep
// of a 6.12 saw of them: tests/kernel/conformance/CONFORMANCE.md. Put your own locks around it with edges of your own.
// What is not here: edges that Linux has too and that would close a cycle; vfio/refused_edges.hpp lists them.
// Nor how two locks of one class follow each other: a bridge before what is below it, a PF before its VFs.
#pragma once

#include "devlock/order/context.hpp"
#include "devlock/order/hierarchy.hpp"
#include "devlock/vfio/lock_classes.hpp"

namespace devlock::vfio {

struct VfioOrder
    : Hierarchy<
          // Topology and driver core.
          Before<rescan_remove_lock, device_lock>,     // remove_store: the device is unbound under the rescan lock
          Before<rescan_remove_lock, attribute>,       // pci_stop_and_remove_bus_device: device_del drains them
          Before<attribute, device_lock>,              // reset_store, unbind_store, sriov_numvfs_store
          Before<slot_list_lock, device_lock>,         // pci_bus_error_reset: pci_slot_reset
          Before<device_lock, config_access>,          // pci_dev_lock
          Before<device_lock, iommu_group_lock>,       // really_probe: dma_configure
          Before<device_lock, open_device>,            // vfio_unregister_group_dev: remove waits for open descriptors
          Before<rescan_remove_lock, slot_list_lock>,  // pci_setup_device: pci_dev_assign_slot
          Before<config_access, bus_list_lock>,        // pci_bridge_wait_for_secondary_bus, with the bus locked
          Before<config_access, reset_lock>,           // pciehp_reset_slot, with the slot's functions locked
          Before<reset_lock, bus_list_lock>,           // pciehp_unconfigure_device: pci_walk_bus
          Before<config_access, pci_lock>,             // pci_cfg_access_unlock
          Before<bus_list_lock, pci_lock>,             // pci_walk_bus: callbacks that access configuration space
          // mdev and AP queues, on the way to the device lock and from it.
          Before<unreg_sem, attribute>,        // mdev_unregister_parent: parent_remove_sysfs_files
          Before<unreg_sem, device_lock>,      // mdev_unregister_parent: mdev_device_remove_cb
          Before<attribute, mdev_list_lock>,   // create_store: mdev_device_create
          Before<unreg_sem, mdev_list_lock>,   // the last put of an mdev: mdev_device_release
          Before<device_lock, ap_perms_lock>,  // ap_device_probe
          Before<ap_perms_lock, guests_lock>,  // apmask_store: vfio_ap_mdev_resource_in_use
          // A descriptor is open while its holder is in one of these.
          Before<open_device, group_list_lock>,  // operations through a descriptor, checked as if it were a lock
          // VFIO.
          Before<group_list_lock, group_device_lock>,  // vfio_group_find_or_alloc
          Before<group_list_lock, group_lock>,         // vfio_device_remove_group
          Before<group_lock, container_lock>,          // vfio_container_attach_group
          Before<container_lock, iommu_group_lock>,    // vfio_iommu_type1_attach_group: iommu_attach_group
          Before<group_lock, dev_set_lock>,            // vfio_df_group_open
          Before<dev_set_lock, igate>,                 // vfio_pci_core_close_device
          Before<dev_set_lock, guests_lock>,           // vfio_ap_mdev_open_device
          Before<dev_set_lock, iommu_group_lock>,      // vfio_df_iommufd_bind
          Before<dev_set_lock, bus_list_lock>,         // vfio_pci_for_each_slot_or_bus: pci_walk_bus
          Before<dev_set_lock, kvm_vfio_lock>,         // the last kvm_put_kvm destroys the kvm-vfio device; not in 6.12
          Before<igate, memory_lock>,                  // vfio_msi_enable
          Before<memory_lock, config_access>,          // vfio_basic_config_write: pci_user_write_config_* waits
          // KVM.
          Before<guests_lock, kvm_lock>,             // get_update_locks_for_kvm
          Before<kvm_lock, vcpu_lock>,               // sev_lock_vcpus_for_migration
          Before<vcpu_lock, pqap_hook_lock>,         // handle_pqap
          Before<pqap_hook_lock, mdevs_lock>,        // handle_pqap: vfio_ap's hook
          Before<kvm_lock, kvm_ref_lock>,            // vfio_file_set_kvm
          Before<kvm_lock, group_device_lock>,       // vfio_file_enforced_coherent, at the release; not in 6.12
          Before<kvm_vfio_lock, kvm_ref_lock>,       // kvm_vfio_file_set_kvm
          Before<kvm_vfio_lock, group_device_lock>,  // kvm_vfio_update_coherency
          Before<dev_set_lock, kvm_ref_lock>         // vfio_device_get_kvm_safe
          > {};

/// A parameter type for functions that take locks of the shipped order: `void f(vfio::ContextFor<group_lock> context)`.
template <LockClass X>
using ContextFor = devlock::ContextFor<VfioOrder, X>;

/// The root context of a thread under the shipped order.
using ThreadContext = devlock::ThreadContext<VfioOrder>;

}  // namespace devlock::vfio
