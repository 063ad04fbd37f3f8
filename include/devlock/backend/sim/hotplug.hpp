// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Functions of a simulated host come and go: sysfs `remove` and `rescan`, and `sriov_numvfs`. All three hold the lock of the
// topology, and take device locks under it: a removed bridge's last, for what is below it goes first; a PF's before those of its VFs.
// Where a function comes, the bridge above is waited for, and so are resets of its bus: what a reset found under its locks stays all there
// is to hit. Linux waits for no bridge there; its rescan goes on while a bus is reset, and a reset may hit what it did not lock. A host
// with the profile of a Linux does as that (Profile::hotplug_waits_for_bridge). Who holds a bridge for long is a reset, or sriov_numvfs,
// that waits under it for an unbind that waits for a descriptor: the topology then stands still until that is closed, as it does for a
// `remove` that waits.
//
//   sim::Hotplug hotplug(host);
//   hotplug.set_num_vfs(root, physical, 2);
//
// Linux 6.12.117 takes the two locks the other way round in sriov_numvfs and can hang (vfio/refused_edges.hpp); this host does not.
// Not checked: what a driver of a PF does beside its virtual functions.
// Source: remove_store, sriov_numvfs_store in drivers/pci; pci_stop_and_remove_bus_device; sriov_add_vfs, sriov_del_vfs.
#pragma once

#include "devlock/backend/sim/host.hpp"
#include "devlock/pci/topology_change.hpp"

namespace devlock::sim {

template <Sync S>
class Hotplug {
 public:
  explicit Hotplug(const BasicHost<S>& host) : machine_(host.machine()) {}

  /// Takes a function away with all that is below it and its virtual functions; their drivers are unbound first, and that waits for open
  /// descriptors with the lock of the topology held. ENOENT: no such function, or somebody removes it already. ENOTTY: it is virtual, so
  /// sysfs has no `remove` for it. Linux leaves the virtual functions of a PF behind whose driver keeps them; here they go too.
  [[nodiscard]] Result<void> remove(vfio::ContextFor<vfio::rescan_remove_lock> context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    if (const Function<S>* one = machine_.find(address); one != nullptr && one->physical != nullptr) {
      return failure(make_error(Operation::remove_function, pci::to_string(address), ENOTTY,
                                "a virtual function is not removed by itself",
                                "write 0 to sriov_numvfs of its physical function"));
    }
    Function<S>* function = machine_.find(address);
    if (function == nullptr) {
      return failure(no_function(Operation::remove_function, address));
    }
    if (!function->ask_remove()) {
      return failure(make_error(Operation::remove_function, pci::to_string(address), ENOENT,
                                "somebody removes it already", "wait until it is gone"));
    }
    auto waiting = machine_.waits_for_rescan.enter();
    Guard topology{context, machine_.rescan_lock};
    waiting.leave();
    if (function->lock().life() == DeviceLife::gone) {
      return failure(no_function(Operation::remove_function, address));
    }
    if (const int error_number = machine_.faults.take(Operation::remove_function, address)) {
      function->unask_remove();
      return failure(injected(Operation::remove_function, address, error_number));
    }
    std::vector<Function<S>*> leaving;
    for (Function<S>* one : machine_.functions()) {
      if (one == function || is_below(*one, *function)) {
        leaving.push_back(one);
      }
    }
    for (auto one = leaving.rbegin(); one != leaving.rend(); ++one) {
      if ((*one)->physical == nullptr) {  // a virtual one leaves with the function that it belongs to
        (void)DriverCore<S>(machine_).remove(topology, **one);
      }
    }
    return {};
  }

  /// Finds what the host was built with and is not there now, and gives it to a driver that wants it. The number of functions that came.
  /// Waits for the bridge above each of these, one at a time, unless the profile says otherwise.
  [[nodiscard]] Result<unsigned> rescan(vfio::ContextFor<vfio::rescan_remove_lock> context) DEVLOCK_REQUIRES(context) {
    auto waiting = machine_.waits_for_rescan.enter();
    Guard topology{context, machine_.rescan_lock};
    waiting.leave();
    if (const int error_number = machine_.faults.take(Operation::rescan, std::span<const pci::Address>{})) {
      return failure(make_error(Operation::rescan, "pci", error_number, "a fault was injected", "try again"));
    }
    std::vector<pci::Address> came;
    for (const FunctionSpec& spec : machine_.plan()) {
      if (machine_.find(spec.address) == nullptr && add(topology, spec)) {
        came.push_back(spec.address);
      }
    }
    probe_all(topology, came);
    return static_cast<unsigned>(came.size());
  }

  /// sriov_numvfs: so many virtual functions, or none. ENOENT: no such function, it has no SR-IOV, no driver, or one that does not
  /// support it. ERANGE: more than it can have. EBUSY: it has another number of them; set 0 first. Waits for the bridge
  /// above too, as rescan does, unless it is 0.
  [[nodiscard]] Result<void> set_num_vfs(vfio::ContextFor<vfio::rescan_remove_lock> context, pci::Address address,
                                         unsigned count) DEVLOCK_REQUIRES(context) {
    Function<S>* physical = machine_.find(address);
    if (physical == nullptr || physical->spec.total_vfs == 0U) {
      return failure(physical == nullptr ? no_function(Operation::set_virtual_functions, address)
                                         : refused(address, ENOENT, "it has no SR-IOV", "choose a physical function"));
    }
    if (count > physical->spec.total_vfs) {
      return failure(
          refused(address, ERANGE, "it can have " + std::to_string(physical->spec.total_vfs), "ask for fewer"));
    }
    auto waiting = machine_.waits_for_rescan.enter();
    Guard topology{context, machine_.rescan_lock};
    waiting.leave();
    std::vector<pci::Address> came;
    auto done = count == 0U ? disable(topology, *physical) : enable(topology, *physical, count, came);
    probe_all(topology, came);
    return done;
  }
  /// How many it has. Waits for its device lock, as a read of sriov_numvfs does. ENOENT: no such function.
  [[nodiscard]] Result<unsigned> num_vfs(vfio::ContextFor<vfio::device_lock> context, pci::Address address)
      DEVLOCK_REQUIRES(context) {
    Function<S>* physical = machine_.find(address);
    if (physical == nullptr) {
      return failure(no_function(Operation::virtual_functions, address));
    }
    Guard device{context, physical->lock().device()};
    return static_cast<unsigned>(physical->virtuals.size());
  }

 private:
  static Error no_function(Operation operation, pci::Address address) {
    return make_error(operation, pci::to_string(address), ENOENT, "there is no such function",
                      "look at the list of devices");
  }
  static Error injected(Operation operation, pci::Address address, int error_number) {
    return make_error(operation, pci::to_string(address), error_number, "a fault was injected", "try again");
  }
  static Error refused(pci::Address address, int error_number, std::string reason, std::string remedy) {
    return make_error(Operation::set_virtual_functions, pci::to_string(address), error_number, std::move(reason),
                      std::move(remedy));
  }
  static bool is_below(const Function<S>& one, const Function<S>& bridge) {
    for (const auto* above = one.node->bridge; above != nullptr; above = above->bridge) {
      if (above == bridge.node) {
        return true;
      }
    }
    return false;
  }
  // False if the bridge above is not there. Bridges stay while the lock of the topology is held.
  bool add(vfio::ContextFor<vfio::device_lock> context, const FunctionSpec& spec) DEVLOCK_REQUIRES(context) {
    if (!spec.bridge) {
      return machine_.add(spec).has_value();
    }
    Function<S>* bridge = machine_.find(*spec.bridge);
    if (bridge == nullptr) {
      return false;
    }
    if (!machine_.profile().hotplug_waits_for_bridge) {
      return machine_.add(spec).has_value();
    }
    auto waiting = bridge->waits_for_lock.enter();
    Guard bus{context, pci::lock_to_add_below(bridge->lock())};
    waiting.leave();
    return machine_.add(spec).has_value();
  }
  void probe_all(vfio::ContextFor<vfio::device_lock> context, const std::vector<pci::Address>& came)
      DEVLOCK_REQUIRES(context) {
    for (const pci::Address& address : came) {
      (void)DriverCore<S>(machine_).probe(context.again(), address).has_value();  // none that wants it is no error
    }
  }
  // The driver's sriov_configure, under the device lock. A function that left has no driver.
  Result<void> configurable(const Function<S>& physical) const {
    const unsigned place = physical.driver();
    if (place == 0U || !machine_.driver(place).sriov) {
      return failure(refused(
          physical.address(), ENOENT,
          place == 0U ? "it has no driver" : "its driver " + machine_.driver(place).name + " has no support for SR-IOV",
          "bind it to a driver that has"));
    }
    if (const int error_number = machine_.faults.take(Operation::set_virtual_functions, physical.address())) {
      return failure(injected(Operation::set_virtual_functions, physical.address(), error_number));
    }
    return {};
  }
  Result<void> enable(vfio::ContextFor<vfio::device_lock> context, Function<S>& physical, unsigned count,
                      std::vector<pci::Address>& came) DEVLOCK_REQUIRES(context) {
    auto scope = machine_.scope(pci::ScopeKind::function, physical.address());
    if (!scope || machine_.find(physical.address()) != &physical) {
      return configurable(physical);  // it left, and has no driver
    }
    if (!machine_.profile().hotplug_waits_for_bridge) {
      scope = scope_without_bridge(physical);
    }
    Result<void> done;
    {
      auto waiting = physical.waits_for_lock.enter();
      const HierarchicalLock locked{context, *scope};  // config_access too; sriov_enable writes the control register
      waiting.leave();
      done = fill(physical, count, came);
    }
    if (!done && !came.empty()) {
      came.clear();
      DriverCore<S>(machine_).with_virtuals(context.again(), physical, [&](vfio::ContextFor<vfio::open_device> locked) {
        locked.assume();
        DriverCore<S>(machine_).disable_virtuals(locked.again(), physical);
      });
    }
    return done;
  }
  // With the locks of its bridge and of itself. What came before an error is still there.
  Result<void> fill(Function<S>& physical, unsigned count, std::vector<pci::Address>& came) {
    if (physical.virtuals.size() == count) {
      return {};
    }
    if (auto possible = configurable(physical); !possible) {
      return possible;
    }
    if (!physical.virtuals.empty()) {
      return failure(refused(physical.address(), EBUSY,
                             "it has " + std::to_string(physical.virtuals.size()) + " virtual functions",
                             "set 0 first"));
    }
    while (came.size() != count) {
      const FunctionSpec spec = physical.spec.virtual_function(static_cast<unsigned>(came.size()));
      auto added = machine_.add(spec, &physical);
      if (!added) {
        return failure(make_error(Operation::set_virtual_functions, pci::to_string(physical.address()),
                                  added.error().error_number, added.error().reason, added.error().remedy));
      }
      physical.virtuals.push_back(*added);
      came.push_back(spec.address);
    }
    return {};
  }
  Result<void> disable(vfio::ContextFor<vfio::device_lock> context, Function<S>& physical) DEVLOCK_REQUIRES(context) {
    Result<void> done;
    DriverCore<S>(machine_).with_virtuals(context.again(), physical, [&](vfio::ContextFor<vfio::open_device> locked) {
      locked.assume();
      if (!physical.virtuals.empty() && (done = configurable(physical))) {
        DriverCore<S>(machine_).disable_virtuals(locked.again(), physical);
      }
    });
    return done;
  }

  Machine<S>& machine_;
};

}  // namespace devlock::sim
