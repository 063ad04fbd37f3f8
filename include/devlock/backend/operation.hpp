// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The operations that a backend performs, as they are named in errors. Each is one system call's worth of meaning: the class of
// an errno depends on the operation that returned it.
#pragma once

namespace devlock {

enum class Operation {
  enumerate,
  set_driver_override,
  bind,
  unbind,
  probe,
  reset_function,
  reset_slot,
  reset_bus,
  reset_device,
  hot_reset,
  hot_reset_info,
  open_group,
  group_status,
  set_container,
  unset_container,
  set_iommu,
  open_container,
  close_container,
  close_group,
  open_device,
  close_device,
  watch_unplug,
  create_vm,
  close_vm,
  attach_group,
  detach_group,
  claim_group,
  use_dma,
  reset_methods,
  set_reset_methods,
  remove_function,
  rescan,
  virtual_functions,
  set_virtual_functions,
  set_vf_token,
  adopt_descriptor,
  open_cdev,
  bind_iommufd,
  open_iommufd,
  close_iommufd,
  create_ioas,
  destroy_ioas,
  attach_ioas,
  detach_ioas,
  create_mdev,
  remove_mdev,
  load_ap_mask,
  store_ap_mask,
  assign_ap,
  unassign_ap,
  plug_queue,
  unplug_queue,
};

constexpr const char* to_string(Operation operation) {
  switch (operation) {
    case Operation::enumerate: return "enumerate";
    case Operation::set_driver_override: return "driver_override";
    case Operation::bind: return "bind";
    case Operation::unbind: return "unbind";
    case Operation::probe: return "drivers_probe";
    case Operation::reset_function: return "reset function";
    case Operation::reset_slot: return "reset slot";
    case Operation::reset_bus: return "reset bus";
    case Operation::reset_device: return "VFIO_DEVICE_RESET";
    case Operation::hot_reset: return "VFIO_DEVICE_PCI_HOT_RESET";
    case Operation::hot_reset_info: return "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO";
    case Operation::open_group: return "open group";
    case Operation::group_status: return "VFIO_GROUP_GET_STATUS";
    case Operation::set_container: return "VFIO_GROUP_SET_CONTAINER";
    case Operation::unset_container: return "VFIO_GROUP_UNSET_CONTAINER";
    case Operation::set_iommu: return "VFIO_SET_IOMMU";
    case Operation::open_container: return "open container";
    case Operation::close_container: return "close container";
    case Operation::close_group: return "close group";
    case Operation::open_device: return "VFIO_GROUP_GET_DEVICE_FD";
    case Operation::close_device: return "close device";
    case Operation::watch_unplug: return "VFIO_DEVICE_SET_IRQS";
    case Operation::create_vm: return "create VM";
    case Operation::close_vm: return "close VM";
    case Operation::attach_group: return "KVM_DEV_VFIO_FILE_ADD";
    case Operation::detach_group: return "KVM_DEV_VFIO_FILE_DEL";
    case Operation::claim_group: return "claim group";
    case Operation::use_dma: return "use DMA";
    case Operation::reset_methods: return "reset_method";
    case Operation::set_reset_methods: return "set reset_method";
    case Operation::remove_function: return "remove";
    case Operation::rescan: return "rescan";
    case Operation::virtual_functions: return "sriov_numvfs";
    case Operation::set_virtual_functions: return "set sriov_numvfs";
    case Operation::set_vf_token: return "VFIO_DEVICE_FEATURE_PCI_VF_TOKEN";
    case Operation::adopt_descriptor: return "adopt";
    case Operation::open_cdev: return "open cdev";
    case Operation::bind_iommufd: return "VFIO_DEVICE_BIND_IOMMUFD";
    case Operation::open_iommufd: return "open iommufd";
    case Operation::close_iommufd: return "close iommufd";
    case Operation::create_ioas: return "IOMMU_IOAS_ALLOC";
    case Operation::destroy_ioas: return "IOMMU_DESTROY";
    case Operation::attach_ioas: return "VFIO_DEVICE_ATTACH_IOMMUFD_PT";
    case Operation::detach_ioas: return "VFIO_DEVICE_DETACH_IOMMUFD_PT";
    case Operation::create_mdev: return "create mdev";
    case Operation::remove_mdev: return "remove mdev";
    case Operation::load_ap_mask: return "load";
    case Operation::store_ap_mask: return "store";
    case Operation::assign_ap: return "assign";
    case Operation::unassign_ap: return "unassign";
    case Operation::plug_queue: return "plug queue";
    case Operation::unplug_queue: return "unplug queue";
  }
  return "unknown operation";
}

}  // namespace devlock
