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
    case Operation::store_ap_mask: return "store";
    case Operation::assign_ap: return "assign";
    case Operation::unassign_ap: return "unassign";
    case Operation::plug_queue: return "plug queue";
    case Operation::unplug_queue: return "unplug queue";
  }
  return "unknown operation";
}

}  // namespace devlock
