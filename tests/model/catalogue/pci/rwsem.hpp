// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two read-write semaphores around device_lock. V8: pciehp's reset_lock, held for write by a reset under device_lock and for
// read by the hotplug thread that unbinds. And pci_bus_sem: the walk of AER waits for device_lock under it, a reset for it
// under device_lock, both as readers; that deadlocks only once a writer queues between them.
// Always: no deadlock; the hotplug thread sees no link flap of a reset; a walker sees no device that was freed.
// Source: drivers/pci/hotplug/pciehp_pci.c, drivers/pci/bus.c, drivers/pci/search.c.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"

namespace catalogue::pci {

using devlock::check::mark;
using devlock::check::require;

struct Slot {
  Mutex<device_lock> device;
  SharedMutex<reset_lock> reset;
  Var<bool> link{true};   // under reset_lock
  Var<bool> bound{true};  // under device_lock
  Slot() { devlock::check::name(link, "link"); }
};

/// V8: the hotplug thread keeps reset_lock while it unbinds.
struct KeepsResetLock {
  template <class Unbind>
  static void unbind(Slot& slot, Unbind unbind) {
    ThreadContext root;
    devlock::SharedGuard no_reset{root, slot.reset};
    if (slot.link.get()) {
      const Unchecked unchecked("V8: device_lock under reset_lock");
      unbind(unchecked);
    }
  }
};
/// As corrected: given back during the unbind.
struct GivesResetLockBack {
  template <class Unbind>
  static void unbind(Slot& slot, Unbind unbind) {
    ThreadContext root;
    bool link = false;
    {
      devlock::SharedGuard no_reset{root, slot.reset};
      link = slot.link.get();
    }
    if (link) {
      unbind(root);
    }
    devlock::SharedGuard no_reset{root, slot.reset};
  }
};

template <class How>
struct HotplugAgainstReset : Slot {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"hotplug", "reset"};
  void thread(unsigned index) { index == 0 ? unplug() : reset_slot(); }
  void unplug() {
    How::unbind(*this, [this](const auto& context) {
      context.assume();
      devlock::Guard lock{context, device};
      bound.set(false);
    });
    mark("unbound");
  }
  void reset_slot() {
    ThreadContext root;
    devlock::Guard lock{root, device};
    if (!bound.get()) {
      mark("reset after the unbind");
    }
    devlock::Guard flap{lock, Slot::reset};
    link.set(false);
    devlock::check::step();
    link.set(true);
    mark("reset");
  }
  void after() { require(!bound.get() && link.get(), "unbound, and the link is up"); }
};

struct Bus {
  SharedMutex<bus_list_lock> list;
  Mutex<device_lock> device;
  Var<int> devices{1};  // under the list's lock
  Bus() { devlock::check::name(devices, "bus->devices"); }
};

/// As in Linux: pci_walk_bus calls back with the list locked.
struct WaitsUnderTheList {
  template <class Visit>
  static void walk(Bus& bus, Visit visit) {
    ThreadContext root;
    devlock::SharedGuard walking{root, bus.list};
    if (bus.devices.get() != 0) {
      const Unchecked unchecked("pci_walk_bus: device_lock under pci_bus_sem");
      visit(unchecked);
    }
  }
};
/// References are taken under the list's lock, and device_lock is waited for without it.
struct WaitsAfterwards {
  template <class Visit>
  static void walk(Bus& bus, Visit visit) {
    ThreadContext root;
    bool there = false;
    {
      devlock::SharedGuard walking{root, bus.list};
      there = bus.devices.get() != 0;
    }
    if (there) {
      visit(root);
    }
  }
};

template <class How, bool Hotplug>
struct WalkAgainstReset : Bus {
  static constexpr unsigned threads = Hotplug ? 3 : 2;
  static constexpr const char* thread_names[] = {"AER", "reset", "hot-add"};
  void thread(unsigned index) {
    if (index == 0) {
      How::walk(*this, [this](const auto& context) {
        context.assume();
        devlock::Guard lock{context, device};
        mark("recovered");
      });
    } else if (index == 1) {
      ThreadContext root;
      devlock::Guard lock{root, device};
      devlock::SharedGuard walking{lock, list};
      mark(devices.get() == 2 ? "reset sees the new device" : "reset");
    } else {
      ThreadContext root;
      devlock::Guard adding{root, list};
      devices.set(2);
    }
  }
};

}  // namespace catalogue::pci
