// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// V2, V9, V10: sriov_numvfs against removal of the physical function, a rescan of the bus and a reset. Where the lock of
// the topology is taken is the whole story: V9 took it where virtual functions are added and deleted, V10 in
// sriov_numvfs_store, under the device_lock of the physical function, while `remove` takes the two the other way round.
// V10 is in Linux 6.12.117, and a real kernel hangs on it; VfioOrder refuses it. Nobody takes it first, as here.
// An unbind of the physical function deletes its virtual ones under device_lock alone, in 6.1 and 6.12: unbind_store takes no lock of the
// topology, and a driver's .remove calls pci_disable_sriov (seen: they left while a `remove` elsewhere held that lock). pci_destroy_dev takes pci_bus_sem for the list, but who walks it under the lock of
// the topology, as pci_bus_add_devices does, takes no pci_bus_sem: a race. To take the topology first, as here, is what nobody does.
// A driver that does not call it (nvme, pci-pf-stub) leaves them enabled: "driver left SR-IOV enabled after remove", on the bus even when
// the physical function is removed. A rescan finds that one again, and its sriov_numvfs then fails, with a warning: seen on both kernels.
// Always: no deadlock, the list of the bus changes and is read under the lock of the topology, no function of a removed
// device stays on the bus.
// Source: drivers/pci/iov.c, drivers/pci/pci-sysfs.c, drivers/pci/remove.c; the order of pci_dev_lock, drivers/pci/pci.c.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/lock/device_lock.hpp"

namespace catalogue::pci {

using devlock::check::mark;
using devlock::check::require;

struct Topology {
  Mutex<rescan_remove_lock> rescan;
  devlock::DeviceLock<Sync> function;  // the physical one
  Var<bool> bound{true};               // under its device_lock
  Var<int> functions_on_bus{1};        // under the lock of the topology
  Var<int> virtual_functions{0};       // under the device_lock

  Topology() {
    devlock::check::name(function.device(), "device_lock of the PF");
    devlock::check::name(function.config(), "config_access of the PF");
    devlock::check::name(functions_on_bus, "bus->devices");
    devlock::check::name(virtual_functions, "num_VFs");
  }
  // sriov_add_vfs, sriov_del_vfs: with the device_lock held
  void change(int wanted) {
    functions_on_bus.set(functions_on_bus.get() + wanted - virtual_functions.get());
    virtual_functions.set(wanted);
  }
};

/// Before V9: nothing protects the list from sriov_numvfs.
struct WithoutTheTopology {
  template <class Store>
  static void store(Topology& t, Store store) {
    ThreadContext root;
    devlock::Guard device{root, t.function.device()};
    store();
  }
  static void change(Topology& t, int wanted) { t.change(wanted); }
};
/// V9: inside adding and deleting, which the removal of the physical function does too, under the same lock.
struct InsideAddAndDelete {
  template <class Store>
  static void store(Topology& t, Store store) {
    WithoutTheTopology::store(t, store);
  }
  static void change(Topology& t, int wanted) {
    const Unchecked unchecked("V9: the topology's lock under device_lock");
    devlock::Guard topology{unchecked, t.rescan};
    t.change(wanted);
  }
};
/// V10: in the store, under the device_lock.
struct UnderTheDevice {
  template <class Store>
  static void store(Topology& t, Store store) {
    WithoutTheTopology::store(t, [&] {
      const Unchecked unchecked("V10: sriov_numvfs_store of Linux 6.12.117");
      devlock::Guard topology{unchecked, t.rescan};
      store();
    });
  }
  static void change(Topology& t, int wanted) { t.change(wanted); }
};
/// As VfioOrder has it.
struct BeforeTheDevice {
  template <class Store>
  static void store(Topology& t, Store store) {
    ThreadContext root;
    devlock::Guard topology{root, t.rescan};
    devlock::Guard device{topology, t.function.device()};
    store();
  }
  static void change(Topology& t, int wanted) { t.change(wanted); }
};
/// As `Where`, and the driver keeps its virtual functions when it goes.
template <class Where>
struct KeepsThem : Where {
  static constexpr bool keeps = true;
};

// What a thread does.
struct UnbindPhysical {
  static constexpr const char* name = "unbind";
};
struct Numvfs {
  static constexpr const char* name = "write 2 to sriov_numvfs";
};
struct Remove {
  static constexpr const char* name = "write 1 to remove";
};
struct Rescan {
  static constexpr const char* name = "write 1 to rescan";
};

/// `Functions` virtual functions exist, and each thread does one of `Actions`.
template <class Where, int Functions, class... Actions>
struct Sriov : Topology {
  static constexpr unsigned threads = sizeof...(Actions);
  static constexpr const char* thread_names[] = {Actions::name...};

  Sriov() {
    if constexpr (Functions != 0) {
      change(Functions);
    }
  }
  void thread(unsigned index) {
    unsigned place = 0;
    ((place++ == index ? run(Actions{}) : void()), ...);
  }
  void run(Numvfs) {
    Where::store(*this, [this] {
      if (!bound.get()) {
        mark("no driver any more");
        return;
      }
      if (virtual_functions.get() == 2) {
        mark("as many as there are");
        return;
      }
      {
        const Unchecked as_below("device_lock before config_access holds in every variant");
        devlock::Guard block{as_below, function.config()};  // sriov_enable: the control register
      }
      Where::change(*this, 2);
      mark("virtual functions added");
    });
  }
  void run(Remove) {  // remove_store: pci_stop_and_remove_bus_device_locked
    ThreadContext root;
    devlock::Guard topology{root, rescan};
    {
      devlock::Guard device{topology, function.device()};
      if (virtual_functions.get() != 0) {
        mark("removed with virtual functions");
        if constexpr (!requires { Where::keeps; }) {
          Where::change(*this, 0);  // the driver's .remove: sriov_disable
        }
      } else {
        mark("removed without");
      }
      bound.set(false);
    }
    functions_on_bus.set(functions_on_bus.get() - 1);
    removed = true;
  }
  void run(UnbindPhysical) {  // unbind_store: device_driver_detach
    Where::store(*this, [this] {
      require(virtual_functions.get() == 2, "only the unbind takes them away");
      Where::change(*this, 0);  // as above
      bound.set(false);
      mark("unbound with virtual functions");
    });
  }
  void run(Rescan) {  // pci_rescan_bus
    ThreadContext root;
    devlock::Guard topology{root, rescan};
    mark(functions_on_bus.get() > 1 ? "rescan sees virtual functions" : "rescan sees none");
  }
  void after() { require(!removed || functions_on_bus.get() == 0, "no function of a removed device stays on the bus"); }

 private:
  bool removed = false;
};

/// V2: pci_dev_lock took the config block before device_lock; sriov_enable waits for the block under device_lock.
struct ConfigFirst {
  template <class Act>
  static void lock(Topology& t, Act act) {
    const Unchecked first("V2: the order of pci_dev_lock in the seed");
    const Unchecked second("V2: the order of pci_dev_lock in the seed");
    devlock::Guard block{first, t.function.config()};
    devlock::Guard device{second, t.function.device()};
    act();
  }
};
struct DeviceFirst {
  template <class Act>
  static void lock(Topology& t, Act act) {
    ThreadContext root;
    devlock::Guard both{root, t.function};
    act();
  }
};
template <class Order>
struct SriovAgainstReset : Sriov<BeforeTheDevice, 0, Numvfs, Remove> {
  static constexpr const char* thread_names[] = {"sriov_numvfs", "sysfs reset"};
  void thread(unsigned index) {
    if (index == 0) {
      run(Numvfs());
    } else {
      Order::lock(*this, [this] { mark(virtual_functions.get() == 0 ? "reset before" : "reset after"); });
    }
  }
};

}  // namespace catalogue::pci
