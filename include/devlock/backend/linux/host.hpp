// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The Linux backend: this machine's PCI functions, IOMMU groups and KVM, through sysfs, /dev/vfio and /dev/kvm. A model of
// concept Backend, so what runs on sim::Host runs here.
//
//   devlock::linux_host::Host host;
//   devlock::vfio::ThreadContext root;
//   auto bound = host.bind(root, address, "vfio-pci");
//   auto group = host.open_group(root, host.device(address)->iommu_group);
//
// It takes no lock of this process: contexts say what the kernel's may make it wait for. Host has no state and threads may
// share it; a group, container, device or VM handle belongs to one thread at a time, except reset and unplug_requested of a
// device.
// Not checked: what else changes sysfs meanwhile; the kernel's answer is passed on.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/linux/ap.hpp"
#include "devlock/backend/linux/driver_core.hpp"
#include "devlock/backend/linux/handed_over.hpp"
#include "devlock/backend/linux/hotplug.hpp"
#include "devlock/backend/linux/mdevs.hpp"
#include "devlock/backend/linux/reset_methods.hpp"
#include "devlock/backend/linux/virtual_functions.hpp"
#include "devlock/backend/linux/vm.hpp"

namespace devlock::linux_host {

/// Where the kernel's file systems are mounted.
struct Paths {
  std::string sysfs = "/sys";
  std::string dev = "/dev";
  std::string proc = "/proc";
};

template <SystemCalls Sys>
class BasicHost {
 public:
  using Group = BasicGroup<Sys>;
  using Container = BasicContainer<Sys>;
  using Device = BasicDevice<Sys>;
  using Vm = BasicVm<Sys>;

  explicit BasicHost(Paths paths = {}, Sys sys = {})
      : sys_(sys),
        dev_(std::move(paths.dev)),
        proc_(std::move(paths.proc)),
        inventory_(Sysfs<Sys>(sys, std::move(paths.sysfs))),
        drivers_(inventory_) {}

  [[nodiscard]] Result<std::vector<DeviceInfo>> devices() const { return inventory_.devices(); }
  [[nodiscard]] Result<DeviceInfo> device(pci::Address address) const { return inventory_.device(address); }
  [[nodiscard]] Result<std::vector<DeviceInfo>> group_members(int group) const {
    return inventory_.group_members(group);
  }

  /// The driver_override set now, or empty.
  [[nodiscard]] Result<std::string> driver_override(vfio::ContextFor<vfio::device_lock> context,
                                                    pci::Address address) const DEVLOCK_REQUIRES(context) {
    return drivers_.driver_override(context.again(), address);
  }
  /// An empty driver takes the override back.
  [[nodiscard]] Result<void> set_driver_override(vfio::ContextFor<vfio::device_lock> context, pci::Address address,
                                                 std::string_view driver) const DEVLOCK_REQUIRES(context) {
    return drivers_.set_driver_override(context.again(), address, driver);
  }
  [[nodiscard]] Result<void> bind(vfio::ContextFor<vfio::device_lock> context, pci::Address address,
                                  std::string_view driver) const DEVLOCK_REQUIRES(context) {
    return drivers_.bind(context.again(), address, driver);
  }
  /// Waits until every VFIO descriptor of the device is closed; nothing else ends that.
  [[nodiscard]] Result<void> unbind(vfio::ContextFor<vfio::device_lock> context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    return drivers_.unbind(context.again(), address);
  }
  /// The driver bound now, or empty.
  [[nodiscard]] Result<std::string> probe(vfio::ContextFor<vfio::device_lock> context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    return drivers_.probe(context.again(), address);
  }
  /// sysfs `reset`: waits for the device_lock of the bridge above and of the function.
  [[nodiscard]] Result<void> reset_function(vfio::ContextFor<vfio::device_lock> context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    return drivers_.reset_function(context.again(), address);
  }
  /// sysfs `reset_subordinate` of a bridge: tries.
  [[nodiscard]] Result<void> try_reset_bus(pci::Address bridge) const { return drivers_.try_reset_bus(bridge); }

  /// Takes the function away. Waits as unbind does, and stalls every hotplug of the machine while it does.
  [[nodiscard]] Result<void> remove(vfio::ContextFor<vfio::rescan_remove_lock> context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    return Hotplug<Sys>(inventory_).remove(context.again(), address);
  }
  /// Looks for new functions on every bus.
  [[nodiscard]] Result<void> rescan(vfio::ContextFor<vfio::rescan_remove_lock> context) const
      DEVLOCK_REQUIRES(context) {
    return Hotplug<Sys>(inventory_).rescan(context.again());
  }
  [[nodiscard]] Result<std::vector<Slot>> slots() const { return Hotplug<Sys>(inventory_).slots(); }
  /// The ways in which the kernel resets one function. None of them waits.
  [[nodiscard]] ResetMethods<Sys> reset_methods() const { return ResetMethods<Sys>(inventory_); }
  [[nodiscard]] Mdevs<Sys> mdevs() const { return Mdevs<Sys>(inventory_.sysfs()); }
  /// The AP bus of an s390.
  [[nodiscard]] Ap<Sys> ap() const { return Ap<Sys>(inventory_.sysfs()); }
  [[nodiscard]] VirtualFunctions<Sys> virtual_functions() const { return VirtualFunctions<Sys>(inventory_); }

  [[nodiscard]] Result<Container> open_container() const { return Container::open(sys_, dev_); }
  [[nodiscard]] Result<Group> open_group([[maybe_unused]] vfio::ContextFor<vfio::group_lock> context, int group) const
      DEVLOCK_REQUIRES(context) {
    return Group::open(sys_, dev_, inventory_, group);
  }
  [[nodiscard]] Result<BasicIommufd<Sys>> open_iommufd() const { return BasicIommufd<Sys>::open(sys_, dev_); }
  /// A device by itself, without its group. Its end waits for group_lock.
  [[nodiscard]] Result<BasicCdev<Sys>> open_cdev([[maybe_unused]] vfio::ContextFor<vfio::group_lock> context,
                                                 pci::Address address) const DEVLOCK_REQUIRES(context) {
    return BasicCdev<Sys>::open(sys_, dev_, inventory_, address);
  }
  /// Waits for kvm_lock; the end of the VM may wait for group_lock.
  [[nodiscard]] Result<Vm> create_vm([[maybe_unused]] vfio::ContextFor<vfio::group_lock> context) const
      DEVLOCK_REQUIRES(context) {
    return Vm::create(sys_, dev_);
  }

  /// Handles of descriptors that somebody else opened.
  [[nodiscard]] HandedOver<Sys> handed_over() const { return HandedOver<Sys>(sys_, proc_, inventory_); }

 private:
  DEVLOCK_NO_UNIQUE_ADDRESS Sys sys_;
  std::string dev_;
  std::string proc_;
  Inventory<Sys> inventory_;
  DriverCore<Sys> drivers_;
};

/// The machine that this program runs on.
using Host = BasicHost<PosixSys>;

}  // namespace devlock::linux_host
