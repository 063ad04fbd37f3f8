// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The lock classes of Linux's device, VFIO, KVM and IOMMU code, named as the kernel names them. A VMM uses the same
// classes for its own counterparts of these locks, so that its order and the kernel's are one.
// Sources: Linux 6.12, the file beside each class. The order between them is in vfio/order.hpp.
#pragma once

namespace devlock::vfio {

/// pci_rescan_remove_lock, one mutex for all topology changes. drivers/pci/probe.c
struct rescan_remove_lock {
  static constexpr char name[] = "pci_rescan_remove_lock";
};
/// pci_slot_mutex, one mutex for the lists of slots. drivers/pci/slot.c
struct slot_list_lock {
  static constexpr char name[] = "pci_slot_mutex";
};
/// A running handler of a sysfs attribute: whoever removes the attribute waits for it. fs/kernfs/dir.c
struct attribute {
  static constexpr char name[] = "sysfs attribute";
};
/// device_lock(): one mutex per device; bind, unbind and reset hold it. include/linux/device.h
struct device_lock {
  static constexpr char name[] = "device_lock";
};
/// The config-access block of a PCI function: ownerless, not recursive. drivers/pci/access.c
struct config_access {
  static constexpr char name[] = "config_access";
};
/// reset_lock of a hotplug controller: its resets against link events. drivers/pci/hotplug/pciehp.h
struct reset_lock {
  static constexpr char name[] = "pciehp.reset_lock";
};
/// pci_bus_sem, one rwsem for the lists of devices on all buses. drivers/pci/search.c
struct bus_list_lock {
  static constexpr char name[] = "pci_bus_sem";
};
/// pci_lock, the spinlock around each access of configuration space. drivers/pci/access.c
struct pci_lock {
  static constexpr char name[] = "pci_lock";
};
/// The life of an open device descriptor: unbind waits for its end under device_lock. drivers/vfio/vfio_main.c
struct open_device {
  static constexpr char name[] = "open_device";
};
/// vfio.group_lock, one mutex for the list of groups. drivers/vfio/group.c
struct group_list_lock {
  static constexpr char name[] = "vfio.group_lock";
};
/// vfio_group.group_lock: container, iommufd, opened file of one group. drivers/vfio/vfio.h
struct group_lock {
  static constexpr char name[] = "vfio_group.group_lock";
};
/// vfio_group.device_lock, a leaf around the group's device list. drivers/vfio/vfio.h
struct group_device_lock {
  static constexpr char name[] = "vfio_group.device_lock";
};
/// container->group_lock: attaching groups to a container. drivers/vfio/container.c
struct container_lock {
  static constexpr char name[] = "vfio_container.group_lock";
};
/// dev_set->lock: open and close of the devices that reset together. drivers/vfio/vfio_main.c
struct dev_set_lock {
  static constexpr char name[] = "vfio_device_set.lock";
};
/// igate: interrupt setup of one vfio-pci device. include/linux/vfio_pci_core.h
struct igate {
  static constexpr char name[] = "vfio_pci_core_device.igate";
};
/// memory_lock: BAR access and power state of one vfio-pci device. include/linux/vfio_pci_core.h
struct memory_lock {
  static constexpr char name[] = "vfio_pci_core_device.memory_lock";
};
/// unreg_sem of an mdev parent: create and remove read, unregister writes. include/linux/mdev.h
struct unreg_sem {
  static constexpr char name[] = "mdev_parent.unreg_sem";
};
/// mdev_list_lock: list of mdevs, their uuids, available instances. drivers/vfio/mdev/mdev_core.c
struct mdev_list_lock {
  static constexpr char name[] = "mdev_list_lock";
};
/// ap_perms_mutex: apmask and aqmask. drivers/s390/crypto/ap_bus.c
struct ap_perms_lock {
  static constexpr char name[] = "ap_perms_mutex";
};
/// guests_lock of the AP matrix: list of its mdevs and their VMs. drivers/s390/crypto/vfio_ap_private.h
struct guests_lock {
  static constexpr char name[] = "matrix_dev.guests_lock";
};
/// mdevs_lock of the AP matrix: the data of its mdevs. drivers/s390/crypto/vfio_ap_private.h
struct mdevs_lock {
  static constexpr char name[] = "matrix_dev.mdevs_lock";
};
/// kvm->lock, one mutex per VM. virt/kvm/kvm_main.c
struct kvm_lock {
  static constexpr char name[] = "kvm.lock";
};
/// vcpu->mutex, one per virtual CPU. virt/kvm/kvm_main.c
struct vcpu_lock {
  static constexpr char name[] = "kvm_vcpu.mutex";
};
/// pqap_hook_rwsem of a VM: the handler of its PQAP instructions. arch/s390/kvm/kvm-s390.c
struct pqap_hook_lock {
  static constexpr char name[] = "kvm.pqap_hook_rwsem";
};
/// kv->lock of a VM's kvm-vfio device. virt/kvm/vfio.c
struct kvm_vfio_lock {
  static constexpr char name[] = "kvm_vfio.lock";
};
/// kvm_ref_lock, a spinlock around the kvm pointer only. drivers/vfio/vfio.h
struct kvm_ref_lock {
  static constexpr char name[] = "vfio_group.kvm_ref_lock";
};
/// group->mutex of an IOMMU group: domain, owner, owner_cnt. drivers/iommu/iommu.c
struct iommu_group_lock {
  static constexpr char name[] = "iommu_group.mutex";
};

}  // namespace devlock::vfio
