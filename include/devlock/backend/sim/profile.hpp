// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Where kernels differ from one another in what the simulator models: a value, with one field for each difference.
//
//   plan.kernel(sim::linux_6_1);          // a Blueprint
//
// Not checked: kernels between and after those that are named here. tests/fidelity compares these with the real ones.
#pragma once

#include <array>
#include <string_view>

namespace devlock::sim {

struct Profile {
  std::string_view kernel = "Linux";

  /// driver_override, read or written, waits for the device_lock, so while an unbind waits for descriptors too. Later it has a lock of
  /// its own. Source: driver_set_override in drivers/base/driver.c, driver_override_show in drivers/pci/pci-sysfs.c.
  bool override_waits = true;

  /// VFIO_GROUP_GET_DEVICE_FD gives another descriptor while an unbind waits for the ones that are open; else ENODEV. Source:
  /// vfio_device_get_from_name and vfio_unregister_group_dev in drivers/vfio/vfio_main.c, where the later one takes the device
  /// off the group's list before it waits.
  bool opens_while_unbinding = false;

  /// HOT_RESET_INFO waits for dev_set_lock. Source: vfio_pci_ioctl_get_pci_hot_reset_info in drivers/vfio/pci/vfio_pci_core.c, where the
  /// later one tells who owns which device.
  bool hot_reset_info_waits = true;

  /// GET_DEVICE_FD and the close of a device wait for dev_set_lock without group_lock, which they take under it; later the other way
  /// round. Source: vfio_device_open, vfio_device_fops_release in drivers/vfio/vfio_main.c, later vfio_device_group_close in
  /// drivers/vfio/group.c. The simulator keeps the later order and goes through dev_set_lock before.
  bool set_lock_first = false;

  /// The close of a device gives back its use of the container once it has given back group_lock and taken it again, so who waits for that
  /// lock may find the group in use still (EBUSY). Source: vfio_device_unassign_container after vfio_device_fops_release in
  /// drivers/vfio, later vfio_device_group_close in drivers/vfio/group.c, which has the lock throughout.
  bool leaves_container_last = false;

  /// Where a function comes, by rescan or sriov_numvfs, the bridge above is waited for, so that a reset of its bus hits nothing but what it
  /// locked. No Linux does that: its rescan goes on while the bridge is held, and a reset may hit what came meanwhile and nobody saved.
  /// Source: dev_rescan_store and sriov_numvfs_store in drivers/pci, pci_device_add in drivers/pci/probe.c.
  bool hotplug_waits_for_bridge = true;

  /// A mediated device of mtty takes the request to tell of an unplug, though it never tells; later it has no such interrupt (ENOTTY).
  /// Source: mtty_set_irqs in samples/vfio-mdev/mtty.c.
  bool mtty_takes_watch = false;
};

inline constexpr Profile linux_6_1{.kernel = "Linux 6.1",
                                   .override_waits = true,
                                   .opens_while_unbinding = true,
                                   .hot_reset_info_waits = false,
                                   .set_lock_first = true,
                                   .leaves_container_last = true,
                                   .hotplug_waits_for_bridge = false,
                                   .mtty_takes_watch = true};
inline constexpr Profile linux_6_12{.kernel = "Linux 6.12",
                                    .override_waits = false,
                                    .opens_while_unbinding = false,
                                    .hot_reset_info_waits = true,
                                    .set_lock_first = false,
                                    .leaves_container_last = false,
                                    .hotplug_waits_for_bridge = false,
                                    .mtty_takes_watch = false};
inline constexpr std::array profiles{linux_6_1, linux_6_12};

/// The fields, for those who print them.
struct Difference {
  bool Profile::*field;
  const char* name;
  const char* source;
};
inline constexpr std::array differences{
    Difference{&Profile::override_waits, "driver_override waits for device_lock",
               "driver_set_override, driver_override_show"},
    Difference{&Profile::opens_while_unbinding, "GET_DEVICE_FD opens while an unbind waits",
               "vfio_device_get_from_name, vfio_unregister_group_dev"},
    Difference{&Profile::hot_reset_info_waits, "HOT_RESET_INFO waits for dev_set_lock",
               "vfio_pci_ioctl_get_pci_hot_reset_info"},
    Difference{&Profile::set_lock_first, "a device's open and close wait for dev_set_lock without group_lock",
               "vfio_device_open, vfio_device_fops_release, vfio_device_group_close"},
    Difference{&Profile::leaves_container_last, "a device's close leaves the container in a second hold of group_lock",
               "vfio_device_unassign_container, vfio_device_group_close"},
    Difference{&Profile::hotplug_waits_for_bridge, "rescan and sriov_numvfs wait for the bridge above",
               "pci_device_add"},
    Difference{&Profile::mtty_takes_watch, "mtty takes a request to tell of an unplug, and never tells",
               "mtty_set_irqs"}};

}  // namespace devlock::sim
