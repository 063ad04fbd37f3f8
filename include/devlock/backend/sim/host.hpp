// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A host in memory: PCI tree, driver core, IOMMU and VFIO groups, KVM, with Linux's errno in the same situation. Its locks are devlock's
// own, taken with devlock's guards under the context that each operation gets: what the kernel would deadlock on waits here too.
//
//   auto host = sim::example_host();                     // backend/sim/example.hpp
//   devlock::vfio::ThreadContext root;
//   host.bind(root, address, "e1000e");
//
// Functions come and go by backend/sim/hotplug.hpp; what sysfs makes of text is in backend/sim/sysfs.hpp.
// Not checked: what the facts do not name: interrupts, DMA mappings, other processes.
#pragma once

#include <optional>

#include "devlock/backend/sim/driver_core.hpp"
#include "devlock/backend/sim/vm.hpp"
#include "devlock/sync/std.hpp"

namespace devlock::sim {

template <Sync S>
class BasicHost {
 public:
  using Group = sim::Group<S>;
  using Container = sim::Container<S>;
  using Device = sim::Device<S>;
  using Vm = sim::Vm<S>;
  using Address = pci::Address;

  /// A host of this plan, with nothing bound. The errors are Machine::build's.
  [[nodiscard]] static Result<BasicHost> make(const Blueprint& plan) {
    auto machine = std::make_shared<Machine<S>>();
    if (auto built = machine->build(plan); !built) {
      return failure(std::move(built).error());
    }
    return BasicHost(std::move(machine));
  }
  BasicHost(BasicHost&&) noexcept = default;
  BasicHost& operator=(BasicHost&&) noexcept = default;

  /// Every function, by address.
  [[nodiscard]] Result<std::vector<DeviceInfo>> devices() const {
    if (const int error_number = machine_->faults.take(Operation::enumerate, std::span<const Address>{})) {
      return failure(injected(Operation::enumerate, "devices", error_number));
    }
    std::vector<DeviceInfo> all;
    for (const Function<S>* function : machine_->by_address()) {
      all.push_back(machine_->describe(*function));
    }
    return all;
  }
  /// ENOENT: there is no such function.
  [[nodiscard]] Result<DeviceInfo> device(Address address) const {
    const Function<S>* function = machine_->find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::enumerate, address));
    }
    return machine_->describe(*function);
  }
  /// ENOENT: there is no such group.
  [[nodiscard]] Result<std::vector<DeviceInfo>> group_members(int id) const {
    std::vector<DeviceInfo> all;
    if (const IommuGroup<S>* group = machine_->find_group(id)) {
      for (const Function<S>* member : group->members()) {
        all.push_back(machine_->describe(*member));
      }
    }
    if (all.empty()) {
      return no_group(id);
    }
    return all;
  }

  /// The group has its default domain from here on, as after the probe of its bus: drivers are no longer deferred. ENOENT: no such group.
  [[nodiscard]] Result<void> finish_group(vfio::ContextFor<vfio::iommu_group_lock> context, int id)
      DEVLOCK_REQUIRES(context) {
    IommuGroup<S>* group = machine_->find_group(id);
    if (group == nullptr) {
      return no_group(id);
    }
    group->ownership.finish(context.again());
    return {};
  }

  /// Empty if none is set. ENOENT: no such function.
  [[nodiscard]] Result<std::string> driver_override(vfio::ContextFor<vfio::device_lock> context, Address address) const
      DEVLOCK_REQUIRES(context) {
    const Function<S>* function = machine_->find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::set_driver_override, address));
    }
    if (machine_->profile().override_waits) {
      Guard device{context, function->lock().device()};
      return function->driver_override();
    }
    return function->driver_override();
  }
  /// An empty driver clears it. ENOENT: no such function. EINVAL: no name of a driver.
  [[nodiscard]] Result<void> set_driver_override(vfio::ContextFor<vfio::device_lock> context, Address address,
                                                 std::string_view driver) DEVLOCK_REQUIRES(context) {
    Function<S>* function = machine_->find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::set_driver_override, address));
    }
    if (!driver.empty() && !valid_driver_name(driver)) {
      return failure(make_error(Operation::set_driver_override, pci::to_string(address), EINVAL,
                                "this is no name of a driver", "name a driver, such as vfio-pci, or none"));
    }
    if (const int error_number = machine_->faults.take(Operation::set_driver_override, address)) {
      return failure(injected(Operation::set_driver_override, pci::to_string(address), error_number));
    }
    if (machine_->profile().override_waits) {
      for (const bool reads_back : {false, true}) {  // as whoever sets it does
        auto waiting = function->waits_for_lock.enter();
        Guard device{context, function->lock().device()};
        waiting.leave();
        if (!reads_back) {
          function->set_driver_override(std::string(driver));
        } else if (function->lock().life() == DeviceLife::gone) {
          return failure(no_function(Operation::set_driver_override, address));
        }
      }
      return {};
    }
    function->set_driver_override(std::string(driver));
    return {};
  }
  /// ENODEV: no such function, or no match. ENOENT: no such driver. EBUSY: bound, or a user owns the group's DMA, or VFIO shall have it and
  /// it has virtual functions. EINVAL: no name of a driver, or VFIO does not take the function. EAGAIN: the driver waits for something.
  [[nodiscard]] Result<void> bind(vfio::ContextFor<vfio::device_lock> context, Address address, std::string_view driver)
      DEVLOCK_REQUIRES(context) {
    return DriverCore<S>(*machine_).bind(context.again(), address, driver);
  }
  /// ENODEV: no such function, or no driver. Waits until every descriptor of it is closed, with its device lock held.
  [[nodiscard]] Result<void> unbind(vfio::ContextFor<vfio::device_lock> context, Address address)
      DEVLOCK_REQUIRES(context) {
    return DriverCore<S>(*machine_).unbind(context.again(), address);
  }
  /// The driver bound now, empty if none. ENODEV: no such function. EINVAL: a user owns the group's DMA.
  [[nodiscard]] Result<std::string> probe(vfio::ContextFor<vfio::device_lock> context, Address address)
      DEVLOCK_REQUIRES(context) {
    return DriverCore<S>(*machine_).probe(context.again(), address);
  }

  /// sysfs `reset`: waits for the bridge and the function. ENOENT: no such function. ENOTTY: it has no reset.
  [[nodiscard]] Result<void> reset_function(vfio::ContextFor<vfio::device_lock> context, Address address)
      DEVLOCK_REQUIRES(context) {
    return reset(context.again(), Operation::reset_function, pci::ScopeKind::function, address);
  }
  /// pci_try_reset_function, what VFIO calls: tries the function, not its bridge. Errors as above; EAGAIN: its lock is taken.
  [[nodiscard]] Result<void> try_reset_function(Address address) {
    Function<S>* function = machine_->find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::reset_function, address));
    }
    ResetTarget<S> target(*machine_, Operation::reset_function);
    UncheckedContext<vfio::VfioOrder> root("a reset that only tries takes no context");
    auto scope = scope_without_bridge(*function);
    return pci::try_reset(root, target, scope);
  }
  /// The slot, or the bus below a bridge, as error recovery resets them: waits for the bridge and for all below. Errors as in a try.
  [[nodiscard]] Result<void> reset_slot(vfio::ContextFor<vfio::device_lock> context, Address address)
      DEVLOCK_REQUIRES(context) {
    return reset(context.again(), Operation::reset_slot, pci::ScopeKind::slot, address);
  }
  [[nodiscard]] Result<void> reset_bus(vfio::ContextFor<vfio::device_lock> context, Address bridge)
      DEVLOCK_REQUIRES(context) {
    return reset(context.again(), Operation::reset_bus, pci::ScopeKind::subordinate, bridge);
  }
  /// sysfs `reset_subordinate` of a bridge: tries. ENOENT: no such function. ENOTTY: it is no bridge. EAGAIN: a lock is taken.
  [[nodiscard]] Result<void> try_reset_bus(Address bridge) {
    return try_reset(Operation::reset_bus, pci::ScopeKind::subordinate, bridge);
  }
  /// pci_try_reset_slot: the functions with this device number and what is below them; tries. Errors as above.
  [[nodiscard]] Result<void> try_reset_slot(Address address) {
    return try_reset(Operation::reset_slot, pci::ScopeKind::slot, address);
  }

  [[nodiscard]] Result<Container> open_container() {
    if (const int error_number = machine_->faults.take(Operation::open_container, std::span<const Address>{})) {
      return failure(injected(Operation::open_container, "container", error_number));
    }
    return Container(machine_, std::make_shared<ContainerState<S>>());
  }
  /// EINVAL: a negative number. ENOENT: no such group, or no function of it is bound to a VFIO driver. ENODEV: the last one just left. EBUSY: it is
  /// open. EPERM: it has no IOMMU, and the caller no privilege.
  [[nodiscard]] Result<Group> open_group(vfio::ContextFor<vfio::group_lock> context, int id) DEVLOCK_REQUIRES(context) {
    const std::string name = "group " + std::to_string(id);
    if (id < 0) {
      return failure(make_error(Operation::open_group, name, EINVAL, "the number of a group is not negative",
                                "take a device that is in a group"));
    }
    const IommuGroup<S>* iommu = machine_->find_group(id);
    const auto group = iommu != nullptr ? iommu->vfio() : nullptr;
    if (group == nullptr) {
      return failure(make_error(
          Operation::open_group, name, ENOENT,
          iommu == nullptr ? "there is no such IOMMU group" : "no function of the group is bound to a VFIO driver",
          iommu == nullptr ? "look at the iommu_group of the device" : "bind its functions to vfio-pci"));
    }
    {
      Guard guard{context, group->group_lock};
      if (!group->alive.get()) {
        return failure(make_error(Operation::open_group, name, ENODEV, "the last VFIO device of the group left",
                                  "bind its functions to vfio-pci"));
      }
      if (group->opened.get()) {
        return failure(make_error(Operation::open_group, name, EBUSY, "the group is open already",
                                  "close it, its devices and the VM that it is attached to"));
      }
      if (iommu->no_iommu && !machine_->privileged()) {
        return failure(make_error(Operation::open_group, name, EPERM, "no IOMMU is behind the group",
                                  "open it with CAP_SYS_RAWIO"));
      }
      if (const int error_number = machine_->faults.take(Operation::open_group, iommu->addresses())) {
        return failure(injected(Operation::open_group, name, error_number));
      }
      group->opened.set(true);
    }
    return Group(std::make_shared<GroupFile<S>>(machine_, group));
  }
  /// A VM and its kvm-vfio device. Waits for kvm_lock; the end of the VM may wait for group_lock.
  [[nodiscard]] Result<Vm> create_vm(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (const int error_number = machine_->faults.take(Operation::create_vm, std::span<const Address>{})) {
      return failure(injected(Operation::create_vm, "VM", error_number));
    }
    Vm vm(machine_, new VmState<S>(machine_->vms));
    if (auto made = vm.create_device(context); !made) {
      return failure(std::move(made).error());
    }
    return vm;
  }

  /// The next `count` operations of this kind, on this function or on any, fail with `error_number` where they do their work.
  void inject(Operation operation, std::optional<Address> where, int error_number, unsigned count = 1U) {
    machine_->faults.add(operation, where, error_number, count);
  }
  /// The machine itself, for observers: backend/sim/observer.hpp.
  [[nodiscard]] Machine<S>& machine() const { return *machine_; }

 private:
  explicit BasicHost(std::shared_ptr<Machine<S>> machine) : machine_(std::move(machine)) {}

  static Error injected(Operation operation, std::string object, int error_number) {
    return make_error(operation, std::move(object), error_number, "a fault was injected", "try again");
  }
  static Failure no_group(int id) {
    return failure(make_error(Operation::enumerate, "group " + std::to_string(id), ENOENT,
                              "there is no such IOMMU group", "look at the iommu_group of the device"));
  }
  static Error no_function(Operation operation, Address address) {
    return make_error(operation, pci::to_string(address), ENOENT, "there is no such function",
                      "look at the list of devices");
  }
  Result<pci::ResetScope<DeviceLock<S>>> scope(Operation operation, pci::ScopeKind kind, Address address) const {
    if (machine_->find(address) == nullptr) {
      return failure(no_function(operation, address));
    }
    if (auto scope = machine_->scope(kind, address)) {
      return std::move(*scope);
    }
    return failure(
        make_error(operation, pci::to_string(address), ENOTTY, "it is no bridge", "name the bridge above the device"));
  }
  Result<void> reset(vfio::ContextFor<vfio::device_lock> context, Operation operation, pci::ScopeKind kind,
                     Address address) DEVLOCK_REQUIRES(context) {
    const auto made = scope(operation, kind, address);
    if (!made) {
      return failure(made.error());
    }
    Function<S>* function = machine_->find(address);
    if (function == nullptr) {
      return failure(no_function(operation, address));
    }
    if (kind == pci::ScopeKind::function && !function->resettable) {
      return ResetTarget<S>(*machine_, operation).check(*made);  // there is no file `reset`
    }
    if (const auto group = kind == pci::ScopeKind::function && function->group ? function->group->vfio() : nullptr) {
      group->wake(context.again(), address);  // reset_store: before any lock
    }
    ResetTarget<S> target(*machine_, operation, function->waits_for_lock.enter());
    return pci::reset(context, target, *made);
  }
  Result<void> try_reset(Operation operation, pci::ScopeKind kind, Address address) {
    const auto made = scope(operation, kind, address);
    if (!made) {
      return failure(made.error());
    }
    ResetTarget<S> target(*machine_, operation);
    UncheckedContext<vfio::VfioOrder> root("a reset that only tries takes no context");
    return pci::try_reset(root, target, *made);
  }

  std::shared_ptr<Machine<S>> machine_;
};

/// The host that production code is tested on.
using Host = BasicHost<StdSync>;

}  // namespace devlock::sim
