// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A bus that functions join and leave while others lock, reset and recover it: the tree of the library under pci_bus_sem, and a host whose
// reset hits what is there at that moment. Whoever adds a function holds the lock of the bridge; then what a reset found under that
// lock stays all there is until it gives the lock back.
// Linux's hot-add does not: pciehp and `rescan` scan with pci_rescan_remove_lock and, for the list, pci_bus_sem, and no device_lock.
// pciehp's reset_lock keeps its own scans out of a slot reset, not those of `rescan` nor a bus reset of a bridge further up.
// Always: what a reset hits is locked.
// Source: pci_device_add in drivers/pci/probe.c, pci_stop_dev and pci_destroy_dev in drivers/pci/remove.c, pciehp_configure_device in
// drivers/pci/hotplug/pciehp_pci.c.
#pragma once

#include "model/catalogue/pci/try_reset.hpp"

#include "devlock/lock/rundown.hpp"
#include "devlock/pci/recovery.hpp"
#include "devlock/pci/topology_change.hpp"

namespace catalogue::pci {

inline constexpr Address plugged{0, 3, 1, 0};  // beside end0, below down0

/// down0, end0 below it, and beside that one, if `full`, `plugged`.
class ChangingBus {
 public:
  explicit ChangingBus(bool full) {
    model::forget_held_locks();
    tree_.add(model::down0);
    tree_.add(model::end0, model::down0);
    if (full) {
      tree_.add(plugged, model::down0);
    }
    devlock::check::name(devices_, "bus->devices");
    for (auto* node : tree_.walk()) {
      name(*node);
    }
  }
  [[nodiscard]] const devlock::pci::Topology<Lock>& tree() const { return tree_; }
  [[nodiscard]] Lock& lock_of(Address address) const { return tree_.find(address)->lock; }
  [[nodiscard]] Mutex<rescan_remove_lock>& rescan() { return rescan_; }
  [[nodiscard]] SharedMutex<bus_list_lock>& list_lock() { return list_; }
  /// Whether a function has its driver; under its device_lock.
  [[nodiscard]] Var<bool>& bound(Address address) { return address == plugged ? second_bound_ : first_bound_; }
  /// Those of end0.
  [[nodiscard]] auto& descriptors() { return descriptors_; }

  /// Call them with list_lock held: to write, or to read.
  devlock::pci::Topology<Lock>& change() {
    devices_.set(devices_.get() + 1);
    return tree_;
  }
  [[nodiscard]] ResetScope<Lock> listed() const {
    (void)devices_.get();
    return *tree_.scope(ScopeKind::subordinate, model::down0);
  }
  /// What the bus lists at this moment.
  template <class Context>
  [[nodiscard]] ResetScope<Lock> list(const Context& context) DEVLOCK_REQUIRES(context) {
    const devlock::SharedGuard reading{context, list_};
    return listed();
  }

  static void name(devlock::pci::Topology<Lock>::Node& node) {
    devlock::check::name(node.lock.device(), to_string(node.address) + " device_lock");
    devlock::check::name(node.lock.config(), to_string(node.address) + " config_access");
  }

 private:
  devlock::pci::Topology<Lock> tree_;
  mutable Var<int> devices_{0};  // that the list is read and changed
  SharedMutex<bus_list_lock> list_;
  Mutex<rescan_remove_lock> rescan_;
  Var<bool> first_bound_{true};
  Var<bool> second_bound_{true};
  devlock::Rundown<Sync, KernelOrder, open_device> descriptors_;
};

/// A host on that bus.
class BusHost : public Host {
 public:
  explicit BusHost(ChangingBus& bus) : Host(bus.tree()), bus_(bus) {}
  [[nodiscard]] ChangingBus& bus() const { return bus_; }

  Result<void> unchanged(const ResetScope<Lock>& scope) {
    if (scope.kind() != ScopeKind::subordinate || listed().lists_the_same(scope)) {
      return {};
    }
    mark("the list had changed");
    return contended();
  }
  /// Hits what is there when it begins, and what has come by its end. What is unbound for good and still listed is nobody's.
  Result<void> reset(const ResetScope<Lock>& scope) {
    if (scope.kind() != ScopeKind::subordinate) {
      return Host::reset(scope);
    }
    strike(devlock::pci::detail::still_there(listed()));
    const ResetScope<Lock> by_the_end = devlock::pci::detail::still_there(listed());
    for (const Address address : by_the_end.affected()) {
      require(holds(address), "every function that a reset hits is locked");
    }
    return {};
  }

 protected:
  [[nodiscard]] ResetScope<Lock> listed() {
    const Unchecked below("config_access comes before pci_bus_sem, and a target has no context");
    return bus_.list(below);
  }

 private:
  ChangingBus& bus_;
};

// How a function comes. True if it came.

/// As the simulated host's rescan: waits for whoever has the bridge.
struct WaitsForTheBridgeAbove {
  template <class Context>
  static bool add(const Context& topology, ChangingBus& bus) DEVLOCK_REQUIRES(topology) {
    const devlock::Guard bridge{topology, devlock::pci::lock_to_add_below(bus.lock_of(model::down0))};
    const devlock::Guard adding{bridge, bus.list_lock()};
    return bus.change().add(plugged, model::down0) != nullptr;
  }
};
/// As pci::try_add: a bus that is held gets no function.
struct TriesTheBridgeAbove {
  template <class Context>
  static bool add(const Context& topology, ChangingBus& bus) DEVLOCK_REQUIRES(topology) {
    const devlock::Guard adding{topology, bus.list_lock()};
    return devlock::pci::try_add(adding, bus.change(), plugged, model::down0) == devlock::pci::Change::done;
  }
};
/// As Linux.
struct TakesNoBridge {
  template <class Context>
  static bool add(const Context& topology, ChangingBus& bus) DEVLOCK_REQUIRES(topology) {
    const devlock::Guard adding{topology, bus.list_lock()};
    return bus.change().add(plugged, model::down0) != nullptr;
  }
};

// What a thread does on the bus.

template <class How>
struct HotAdd {
  static constexpr const char* name = "hot-add";
  static void run(ChangingBus& bus) {
    ThreadContext root;
    const devlock::Guard topology{root, bus.rescan()};
    mark(How::add(topology, bus) ? "added" : "contended, nothing added");
  }
};

/// As Linux: its driver is unbound under the device_lock, and it leaves the list later without that.
template <bool End0>
struct HotRemove {
  static constexpr const char* name = "hot-remove";
  static constexpr Address leaving = End0 ? model::end0 : plugged;
  static void run(ChangingBus& bus) {
    ThreadContext root;
    const devlock::Guard topology{root, bus.rescan()};
    Lock& lock = bus.lock_of(leaving);
    {
      const devlock::Guard device{topology, lock.device()};
      lock.mark_gone();
    }
    const devlock::Guard removing{topology, bus.list_lock()};
    require(bus.change().remove(leaving), "what leaves was there");
    mark("removed");
  }
};

/// Has the device_lock of a function for a while, as a bind or an unbind.
struct HoldsPlugged {
  static constexpr const char* name = "bind of the second function";
  static void run(ChangingBus& bus) {
    ThreadContext root;
    const devlock::Guard device{root, bus.lock_of(plugged).device()};
    devlock::check::step();
    mark("bound");
  }
};

/// `Full`: both functions are there at first. Each thread does one of `Acts`.
template <bool Full, class... Acts>
class OnTheBus {
 public:
  static constexpr unsigned threads = sizeof...(Acts);
  static constexpr const char* thread_names[] = {Acts::name...};

  void thread(unsigned index) {
    unsigned place = 0;
    ((place++ == index ? Acts::run(bus_) : void()), ...);
    require(model::held_locks[index].size == 0, "what was taken is given back");
  }
  void after() {
    for (auto* node : bus_.tree().walk()) {
      require(mutex_of(node->lock).holder() == model::nobody, "every lock is free");
      require(mutex_of(node->lock).data().get() == running, "device state is as it was");
    }
  }

 private:
  ChangingBus bus_{Full};
};

}  // namespace catalogue::pci
