// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Each operation compiles where its caller may still wait for what it waits for, and nowhere else.
#include <mutex>

#include "unit/backend/sim/support.hpp"

using namespace sim_test;

namespace {

template <class Class>
using Under = Guard<Held<vfio::VfioOrder>, Ordered<Class, std::mutex>>;
using Root = vfio::ThreadContext;

template <class C>
concept MayUnbind = requires(sim::Host& host, const C& context) {
  host.unbind(context, pci::Address{});
};
template <class C>
concept MayBind = requires(sim::Host& host, const C& context) {
  host.bind(context, pci::Address{}, "vfio-pci");
};
template <class C>
concept MayOverride = requires(sim::Host& host, const C& context) {
  host.set_driver_override(context, pci::Address{}, "vfio-pci");
  host.driver_override(context, pci::Address{});
};
template <class C>
concept MayProbe = requires(sim::Host& host, const C& context) {
  host.probe(context, pci::Address{});
};
template <class C>
concept MayResetFunction = requires(sim::Host& host, const C& context) {
  host.reset_function(context, pci::Address{});
};
template <class C>
concept MayOpenGroup = requires(sim::Host& host, const C& context) {
  host.open_group(context, 0);
};
template <class C>
concept MayOpenDevice = requires(sim::Group<StdSync>& group, const C& context) {
  group.open_device(context, pci::Address{});
};
template <class C>
concept MayCloseDevice = requires(sim::Device<StdSync>& device, const C& context) {
  device.close(context);
};
template <class C>
concept MayCloseGroup = requires(sim::Group<StdSync>& group, const C& context) {
  group.close(context);
};
template <class C>
concept MaySetIommu = requires(sim::Container<StdSync>& container, const C& context) {
  container.set_iommu(context);
};
template <class C>
concept MayResetDevice = requires(sim::Device<StdSync>& device, const C& context) {
  device.reset(context);
};
template <class C>
concept MayWatch = requires(sim::Device<StdSync>& device, const C& context) {
  device.watch_unplug(context);
};
template <class C>
concept MayCloseVm = requires(sim::Vm<StdSync>& vm, const C& context) {
  vm.close(context);
};
template <class C>
concept MayCreateVm = requires(sim::Host& host, const C& context) {
  host.create_vm(context);
};
template <class C>
concept MayAttach = requires(sim::Vm<StdSync>& vm, sim::Group<StdSync>& group, const C& context) {
  vm.attach(context, group);
};

// An operation on the device's lock: not below any lock that comes after it, its own included.
static_assert(MayUnbind<Root> && MayBind<Root> && MayProbe<Root> && MayResetFunction<Root>);
static_assert(MayUnbind<Under<vfio::rescan_remove_lock>> && MayResetFunction<Under<vfio::rescan_remove_lock>>);
static_assert(MayOverride<Under<vfio::rescan_remove_lock>> && !MayOverride<Under<vfio::group_lock>>);
static_assert(!MayUnbind<Under<vfio::group_lock>> && !MayBind<Under<vfio::group_lock>>);
static_assert(!MayProbe<Under<vfio::group_lock>> && !MayResetFunction<Under<vfio::group_lock>>);
static_assert(!MayUnbind<Under<vfio::device_lock>> && !MayUnbind<Under<vfio::kvm_lock>>);
static_assert(!MayUnbind<Under<vfio::open_device>> && !MayResetFunction<Under<vfio::open_device>>);

// An operation on the group's lock.
static_assert(MayOpenGroup<Under<vfio::device_lock>> && MayOpenDevice<Under<vfio::group_list_lock>>);
static_assert(!MayOpenGroup<Under<vfio::group_lock>> && !MayOpenDevice<Under<vfio::dev_set_lock>>);
static_assert(MayCloseDevice<Root> && !MayCloseDevice<Under<vfio::kvm_lock>>);
static_assert(MayCloseGroup<Under<vfio::group_list_lock>> && !MayCloseGroup<Under<vfio::group_lock>>);
static_assert(MaySetIommu<Root> && MaySetIommu<Under<vfio::group_lock>> && !MaySetIommu<Under<vfio::container_lock>>);
static_assert(!MaySetIommu<Under<vfio::dev_set_lock>>);

// Through a descriptor: the kernel waits for what the device has, and only tries device_lock.
static_assert(MayResetDevice<Root> && MayResetDevice<Under<vfio::device_lock>> && MayResetDevice<Under<vfio::igate>>);
static_assert(!MayResetDevice<Under<vfio::memory_lock>> && !MayResetDevice<Under<vfio::config_access>>);
static_assert(!MayResetDevice<Under<vfio::kvm_lock>>);
static_assert(MayWatch<Root> && MayWatch<Under<vfio::dev_set_lock>> && !MayWatch<Under<vfio::igate>>);
static_assert(!MayWatch<Under<vfio::memory_lock>>);

// KVM.
static_assert(MayCreateVm<Under<vfio::group_list_lock>> && !MayCreateVm<Under<vfio::kvm_lock>>);
static_assert(!MayCreateVm<Under<vfio::group_lock>>);  // its destructor may wait for that
static_assert(MayCloseVm<Under<vfio::group_list_lock>> && !MayCloseVm<Under<vfio::group_lock>>);
static_assert(!MayCloseVm<Under<vfio::dev_set_lock>> && !MayCloseVm<Under<vfio::kvm_lock>>);
static_assert(MayAttach<Under<vfio::dev_set_lock>> && !MayAttach<Under<vfio::kvm_vfio_lock>>);
static_assert(!MayAttach<Under<vfio::kvm_lock>>);

// Through a descriptor: a reset that waits does not compile, one that tries does. That is the first seed.
template <class Context>
concept MayWaitForFunction = requires(const Context& context, const pci::ResetScope<DeviceLock<StdSync>>& scope) {
  HierarchicalLock{context, scope};
};
template <class Context>
concept MayTryFunction = requires(const Context& context, const pci::ResetScope<DeviceLock<StdSync>>& scope) {
  HierarchicalTryLock{context, scope};
};
using ThroughDescriptor = Through<Held<vfio::VfioOrder>, sim::Device<StdSync>>;
static_assert(MayWaitForFunction<Root> && !MayWaitForFunction<ThroughDescriptor>);
static_assert(MayTryFunction<Root> && MayTryFunction<ThroughDescriptor>);

}  // namespace

TEST_CASE("operations run below locks of the caller that precede them") {
  Rig rig;
  rig.root.assume();
  Ordered<vfio::rescan_remove_lock, std::mutex> mine;
  Guard guard{rig.root, mine};
  CHECK(answer(rig.host.set_driver_override(guard, example::edu, "vfio-pci")) == "ok");
  CHECK(answer(rig.host.bind(guard, example::edu, "vfio-pci")) == "ok");
  CHECK(answer(rig.host.reset_function(guard, example::edu)) == "ok");
  CHECK(answer(rig.host.unbind(guard, example::edu)) == "ok");
}
