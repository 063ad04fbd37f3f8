// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The lock order of the catalogue: the shipped one, and the classes of Linux 6.12 that the scenarios need beyond it. An
// edge stands for a place that waits for the second while it holds the first. What closes a cycle is no edge here; a
// scenario that does it all the same says so with an unchecked_context.
#pragma once

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/shared_guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/sync/relacy.hpp"
#include "devlock/vfio/order.hpp"

namespace catalogue {

using namespace devlock::vfio;

/// reset_lock of a hotplug controller. drivers/pci/hotplug/pciehp.h
struct reset_lock {
  static constexpr char name[] = "pciehp.reset_lock";
};
/// pci_bus_sem, one rwsem for the lists of devices on all buses. drivers/pci/search.c
struct bus_list_lock {
  static constexpr char name[] = "pci_bus_sem";
};
/// A running handler of a sysfs attribute: removing the attribute waits for it. fs/kernfs
struct attribute {
  static constexpr char name[] = "sysfs attribute";
};
/// unreg_sem of an mdev parent. include/linux/mdev.h
struct unreg_sem {
  static constexpr char name[] = "mdev_parent.unreg_sem";
};
/// mdev_list_lock: list of mdevs, available instances. drivers/vfio/mdev/mdev_core.c
struct mdev_list_lock {
  static constexpr char name[] = "mdev_list_lock";
};
/// ap_perms_mutex: apmask and aqmask. drivers/s390/crypto/ap_bus.c
struct ap_perms_lock {
  static constexpr char name[] = "ap_perms_mutex";
};
/// mdevs_lock of the AP matrix. drivers/s390/crypto/vfio_ap_private.h
struct mdevs_lock {
  static constexpr char name[] = "matrix_dev.mdevs_lock";
};

struct KernelOrder
    : devlock::Hierarchy<devlock::Extends<VfioOrder>,
                         devlock::Before<device_lock, reset_lock>,       // pci_reset_hotplug_slot
                         devlock::Before<device_lock, bus_list_lock>,    // pci_bus_max_d3cold_delay, during a reset
                         devlock::Before<unreg_sem, attribute>,          // parent_remove_sysfs_files
                         devlock::Before<attribute, device_lock>,        // create_store: device_add, probe
                         devlock::Before<attribute, mdev_list_lock>,     // mdev_device_create
                         devlock::Before<device_lock, ap_perms_lock>,    // __ap_revise_reserved, ap_device_probe
                         devlock::Before<ap_perms_lock, guests_lock>,    // vfio_ap_mdev_get_update_locks...
                         devlock::Before<kvm_lock, mdevs_lock>> {};      // ... guests, kvm, mdevs

using ThreadContext = devlock::ThreadContext<KernelOrder>;
using Unchecked = devlock::unchecked_context<KernelOrder>;

using Sync = devlock::RelacySync;
template <class T>
using Var = Sync::var<T>;
template <class Class>
using Mutex = devlock::Ordered<Class, Sync::mutex>;
template <class Class>
using SharedMutex = devlock::Ordered<Class, Sync::shared_mutex>;

}  // namespace catalogue
