// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A bus reset while a device comes to that bus or leaves it. The kernel locks, rolls back and unlocks by walking the live list
// of the bus three times; what was added in between is unlocked without having been locked, and a rollback starts from a device that
// may be freed. The library records what it took, and looks under the locks whether the list is still the same.
// Always: every unlock matches a lock; only devices that are there are touched; a reset that finds another list touches nothing.
// Source: pci_bus_lock, pci_bus_trylock, pci_bus_unlock in drivers/pci/pci.c; pci_bus_add_device, pci_destroy_dev.
#pragma once

#include "model/catalogue/pci/try_reset.hpp"

#include <optional>

namespace catalogue::pci {

inline constexpr Address plugged{0, 3, 1, 0};  // beside end0, below down0

/// The port down0 with and without the device that is plugged. Which of the two holds is what the list of the bus says.
struct Port : model::Switch<Lock> {
  Port() : without(*tree.scope(ScopeKind::subordinate, model::down0)) {
    tree.add(plugged, model::down0);
    with.emplace(*tree.scope(ScopeKind::subordinate, model::down0));
  }
  ResetScope<Lock> without;
  std::optional<ResetScope<Lock>> with;
};

/// The list of the bus, under pci_bus_sem.
struct BusList {
  explicit BusList(bool plugged_in) : there(plugged_in) { devlock::check::name(there, "bus->devices"); }
  SharedMutex<bus_list_lock> lock;
  Var<bool> there;
};

/// A host that can say whether a scope still is what the bus lists.
class HotplugHost : public Host {
 public:
  HotplugHost(Port& port, BusList& list) : Host(port), port_(port), list_(list) {}

  /// What the bus lists now.
  template <class Context>
  const ResetScope<Lock>& now(const Context& context) DEVLOCK_REQUIRES(context) {
    devlock::SharedGuard reading{context, list_.lock};
    return list_.there.get() ? *port_.with : port_.without;
  }
  Result<void> unchanged(const ResetScope<Lock>& scope) {
    const Unchecked below("config_access comes before pci_bus_sem, and unchanged has no context");
    if (now(below).lists_the_same(scope)) {
      return {};
    }
    mark("the list had changed");
    return contended();
  }
  Lock& lock_of(Address address) { return port_.tree.find(address)->lock; }

 private:
  Port& port_;
  BusList& list_;
};

/// The kernel: each of the three walks goes over the list as it is then.
struct WalksTheLiveList {
  static Result<void> run(HotplugHost& host, const ResetScope<Lock>& scope) {
    ThreadContext root;
    for (std::size_t place = 0; place != scope.locks().size(); ++place) {
      if (!devlock::LockAccess::try_lock(*scope.locks()[place])) {
        roll_back(host, scope, place);
        return contended();
      }
    }
    const Unchecked locked("a walk by hand");
    const Result<void> done = devlock::pci::detail::reset_locked(locked, host, scope);
    const ResetScope<Lock>& listed = host.now(root);
    for (std::size_t place = listed.locks().size(); place != 0; --place) {
      devlock::LockAccess::unlock(*listed.locks()[place - 1]);
    }
    return done;
  }

 private:
  // list_for_each_entry_continue_reverse: the first step is from the device that was contended.
  static void roll_back(HotplugHost& host, const ResetScope<Lock>& scope, std::size_t taken) {
    devlock::check::step();
    require(host.lock_of(scope.address_of(taken)).life() != devlock::DeviceLife::gone,
            "a device that left is not walked over");
    while (taken != 0) {
      devlock::LockAccess::unlock(*scope.locks()[--taken]);
    }
  }
};
struct RecordsWhatItTook {
  static Result<void> run(HotplugHost& host, const ResetScope<Lock>& scope) {
    ThreadContext root;
    return devlock::pci::try_reset(root, host, scope);
  }
};

/// `Arrives`: a device is added, else one is removed, while the port resets what is below it.
template <class How, bool Arrives>
struct ResetAgainstHotplug {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"bus reset", Arrives ? "hot-add" : "hot-remove"};

  ResetAgainstHotplug() {
    model::forget_held_locks();
    for (const Address address : {model::down0, model::end0, plugged}) {
      devlock::check::name(port_->tree.find(address)->lock.device(), to_string(address) + " device_lock");
      devlock::check::name(port_->tree.find(address)->lock.config(), to_string(address) + " config_access");
    }
  }
  void thread(unsigned index) { index == 0 ? reset() : Arrives ? add() : remove(); }
  void reset() {
    HotplugHost host(*port_, list_);
    ThreadContext root;
    const ResetScope<Lock>& scope = host.now(root);
    const Result<void> done = How::run(host, scope);
    require(model::held_locks[0].size == 0, "what was taken is given back");
    if (done) {
      mark(scope.affected().size() == 2 ? "reset both" : "reset one");
    } else {
      mark(done.error().error_class == ErrorClass::gone ? "gone" : "contended, rolled back");
    }
  }
  void add() {
    ThreadContext root;
    devlock::Guard topology{root, rescan_};
    devlock::Guard adding{topology, list_.lock};
    list_.there.set(true);
    mark("added");
  }
  void remove() {
    ThreadContext root;
    devlock::Guard topology{root, rescan_};
    Lock& lock = port_->tree.find(plugged)->lock;
    {
      devlock::Guard device{topology, lock.device()};  // pci_stop_dev: its driver is unbound
      lock.mark_gone();
    }
    devlock::Guard removing{topology, list_.lock};
    list_.there.set(false);
    mark("removed");
  }
  void after() {
    for (auto* node : port_->tree.walk()) {
      require(mutex_of(node->lock).holder() == model::nobody, "every lock is free");
      require(mutex_of(node->lock).data().get() == running, "device state is as it was");
    }
  }

 private:
  devlock::check::Untracked<Port> port_;
  BusList list_{!Arrives};
  Mutex<rescan_remove_lock> rescan_;
};

}  // namespace catalogue::pci
