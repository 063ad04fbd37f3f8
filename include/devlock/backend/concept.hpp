// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a host can do, for users of passthrough: one concept, modelled by sim::Host in memory and by linux_host::Host on a real
// kernel. The context of an operation says what the kernel may make it wait for: an operation that waits for a lock class takes a
// ContextFor that class, one that only tries takes none. So a program's own locks and the kernel's are one order.
// Not checked: what other processes do; the kernel answers EAGAIN or EBUSY for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devlock/backend/classify.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/pci/address.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock {

/// One PCI function as a host sees it now. What can be told without waiting for any lock, so that a look at a device whose unbind
/// waits for its descriptor answers.
struct DeviceInfo {
  pci::Address address;
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint32_t class_code = 0;
  std::string driver;                  ///< empty if none is bound
  int iommu_group = -1;                ///< -1 if it is in none
  std::vector<pci::Address> bridges;   ///< from the root bus down; the last one is directly above
  bool is_bridge = false;
  bool resettable = false;             ///< has a function reset
};

/// A function that a hot reset affects. It may be in another IOMMU group than the device: what resets together and what is owned
/// together differ.
struct AffectedFunction {
  pci::Address address;
  int iommu_group = -1;
  friend bool operator==(const AffectedFunction&, const AffectedFunction&) = default;
};

/// As many functions as one PCI domain can have: room for every hot reset.
inline constexpr std::size_t every_function = 65536;

/// State of an IOMMU group. Viable: every function of it is bound to a VFIO driver, harmless, or driverless.
struct GroupStatus {
  bool viable = false;
  bool container_set = false;
};

// Every handle here is closed by its destructor too, and then drops the result. A destructor takes no context, so what it may wait
// for is checked where the handle is made: the operation that opens takes a context that covers the close.

/// An open device; a Lifetime, because an unbind waits for its end. Closing waits for group_lock.
template <class D>
concept OpenDevice = Lifetime<D> && std::same_as<typename D::lifetime_class, vfio::open_device> &&
                     requires(D& device, const D& same, vfio::ContextFor<vfio::memory_lock> may_wait_for_memory,
                              vfio::ContextFor<vfio::igate> may_wait_for_igate,
                              vfio::ContextFor<vfio::group_lock> may_wait_for_group) {
  { same.address() } -> std::convertible_to<pci::Address>;
  { device.reset(may_wait_for_memory) } -> std::same_as<Result<void>>;  // VFIO_DEVICE_RESET: tries device_lock, never waits for it
  { device.watch_unplug(may_wait_for_igate) } -> std::same_as<Result<void>>;  // ask to be told of an unplug
  { device.unplug_requested() } -> std::same_as<Result<bool>>;                // has one been asked for? Never waits.
  { device.close(may_wait_for_group) } -> std::same_as<Result<void>>;
};

/// Closing waits for nothing: the groups in it keep it.
template <class C>
concept VfioContainer = requires(C& container, vfio::ContextFor<vfio::container_lock> context) {
  { container.set_iommu(context) } -> std::same_as<Result<void>>;  // type 1 v2, after the first group joined
  { container.close() } -> std::same_as<Result<void>>;
};

/// An open group. Closing waits for group_lock, at once or when the last device or VM that keeps it goes.
template <class G>
concept VfioGroup = requires(G& group, const G& same, typename G::Container& container, pci::Address address,
                             vfio::ContextFor<vfio::group_lock> context) {
  requires VfioContainer<typename G::Container>;
  requires OpenDevice<typename G::Device>;
  { same.id() } -> std::convertible_to<int>;
  { group.status(context) } -> std::same_as<Result<GroupStatus>>;
  { group.set_container(context, container) } -> std::same_as<Result<void>>;
  { group.unset_container(context) } -> std::same_as<Result<void>>;
  { group.open_device(context, address) } -> std::same_as<Result<typename G::Device>>;
  { group.close(context) } -> std::same_as<Result<void>>;
} && requires(typename G::Device& device, std::span<G* const> owned, std::size_t room,
              vfio::ContextFor<vfio::dev_set_lock> may_wait_for_set) {
  // The functions that a hot reset affects, if they are no more than `room`: address and iommu_group of each.
  { device.hot_reset_info(may_wait_for_set, room)->front().address } -> std::convertible_to<pci::Address>;
  { device.hot_reset_info(may_wait_for_set, room)->front().iommu_group } -> std::convertible_to<int>;
  // Resets them all; the groups prove what the caller owns. EBUSY: a memory_lock is taken. EAGAIN: a device_lock is.
  { device.hot_reset(may_wait_for_set, owned) } -> std::same_as<Result<void>>;
};

/// A KVM virtual machine with its kvm-vfio device. Its end waits for kvm_lock, and for the group_lock of each group that nobody but
/// this VM keeps open.
template <class V>
concept VirtualMachine = requires(V& vm, typename V::Group& group, vfio::ContextFor<vfio::kvm_vfio_lock> context,
                                  vfio::ContextFor<vfio::group_lock> may_wait_for_group) {
  { vm.attach(context, group) } -> std::same_as<Result<void>>;
  { vm.detach(context, group) } -> std::same_as<Result<void>>;
  { vm.close(may_wait_for_group) } -> std::same_as<Result<void>>;
};

template <class H>
concept Backend = requires(H& host, pci::Address address, std::string_view driver, int group,
                           vfio::ContextFor<vfio::device_lock> may_wait_for_device,
                           vfio::ContextFor<vfio::group_lock> may_wait_for_group) {
  requires VfioGroup<typename H::Group>;
  requires VirtualMachine<typename H::Vm>;
  { host.devices() } -> std::same_as<Result<std::vector<DeviceInfo>>>;
  { host.device(address) } -> std::same_as<Result<DeviceInfo>>;
  { host.group_members(group) } -> std::same_as<Result<std::vector<DeviceInfo>>>;
  { host.driver_override(may_wait_for_device, address) } -> std::same_as<Result<std::string>>;  // empty if none is set
  { host.set_driver_override(may_wait_for_device, address, driver) } -> std::same_as<Result<void>>;  // an empty driver clears it
  { host.bind(may_wait_for_device, address, driver) } -> std::same_as<Result<void>>;
  { host.unbind(may_wait_for_device, address) } -> std::same_as<Result<void>>;  // waits until every descriptor is closed
  { host.probe(may_wait_for_device, address) } -> std::same_as<Result<std::string>>;  // the driver bound now, or empty
  { host.reset_function(may_wait_for_device, address) } -> std::same_as<Result<void>>;  // waits
  { host.try_reset_bus(address) } -> std::same_as<Result<void>>;  // the bus below this bridge; tries
  { host.open_container() } -> std::same_as<Result<typename H::Group::Container>>;
  { host.open_group(may_wait_for_group, group) } -> std::same_as<Result<typename H::Group>>;
  { host.create_vm(may_wait_for_group) } -> std::same_as<Result<typename H::Vm>>;
};

}  // namespace devlock
