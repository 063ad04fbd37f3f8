// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// vfio-ap: one queue that an admin gives to the default drivers (apmask), that mdevs assign, and that is unplugged and plugged.
// The seed's deadlock of ap_perms_mutex and the matrix lock, its trylock that let the queue be stolen, and what landed:
// assignment takes ap_perms_mutex first, so that in_use and the commit of the mask are one step.
// Always: the queue is in at most one mdev; what is assigned is not a default driver's; what is in a guest's shadow is
// assigned and bound; a queue left the shadow and was reset before its unbind completes; a failed assignment leaves no trace.
// Source: drivers/s390/crypto/ap_bus.c, vfio_ap_ops.c.
#pragma once

#include "model/catalogue/ap/locks.hpp"

namespace catalogue::ap {

using devlock::check::mark;
using devlock::check::require;

/// The mask store rebinds queues after it gave ap_perms back, because device_lock comes before it.
struct RebindsAfterwards {
  static constexpr bool under_perms = false;
};
struct RebindsUnderPerms {
  static constexpr bool under_perms = true;
};
/// What a refused assignment does to the bit that it set.
struct TakesTheBitBack {
  static constexpr bool back = true;
};
struct LeavesTheBit {
  static constexpr bool back = false;
};

// What a thread does.
struct GivesToDefault {};
template <unsigned Mdev>
struct Assigns {};
struct Replugs {};

template <class Locks, class Rebind, class Failure, class... Actions>
struct Ap : Matrix {
  static constexpr unsigned threads = sizeof...(Actions);
  void thread(unsigned index) {
    unsigned place = 0;
    ((place++ == index ? run(Actions{}) : void()), ...);
  }

  void run(GivesToDefault) {  // apmask_store: ap_perms, in_use, commit, rebind
    ThreadContext root;
    {
      devlock::Guard lock{root, perms};
      const InUse used = Locks::in_use(*this, lock, [this] { return any_assigned(); });
      if (used != InUse::no) {
        mark(used == InUse::yes ? "mask refused, in use" : "mask refused, contended");
        return;
      }
      default_owns.set(true);
      mark("mask changed");
      if (Rebind::under_perms) {
        const Unchecked unchecked("device_lock under ap_perms");
        devlock::Guard device{unchecked, queue};
        rebind(device, default_owns.get());
      }
    }
    if (!Rebind::under_perms) {
      devlock::Guard device{root, queue};
      rebind(device, mask(device));
    }
  }
  template <unsigned Mdev>
  void run(Assigns<Mdev>) {  // assign_adapter_store
    bool refused = false;
    const bool locked = Locks::assign(*this, Mdev, [&] {
      assigned[Mdev].set(true);
      if (const char* why = refusal(Mdev); why != nullptr) {
        refused = true;
        mark(why);
        assigned[Mdev].set(!Failure::back);
      } else {
        mark("assigned");
        plug();
      }
    });
    if (!locked) {
      mark("assignment refused, contended");
    } else if (refused) {
      refused_[Mdev] = true;
    }
  }
  void run(Replugs) {  // the queue goes and comes back
    ThreadContext root;
    {
      devlock::Guard device{root, queue};
      unbind(device);
    }
    devlock::Guard device{root, queue};
    if (driver.get() == no_driver) {
      bind(device, mask(device));
    }
  }

  void after() {
    for (unsigned i = 0; i != 2; ++i) {
      require(!assigned[i].get() || !default_owns.get(), "an assigned queue is not a default driver's");
      require(!shadow[i].get() || (assigned[i].get() && driver.get() == vfio_ap_driver),
              "a queue in a guest's shadow is assigned and bound");
      require(!refused_[i] || !assigned[i].get(), "a refused assignment leaves no trace");
    }
    require(!assigned[0].get() || !assigned[1].get(), "a queue is assigned to one mdev");
    require(driver.get() == (default_owns.get() ? default_driver : vfio_ap_driver), "who owns the queue is bound to it");
  }

 private:
  const char* refusal(unsigned mdev) {
    if (Locks::asks_the_mask ? default_owns.get() : !linked.get()) {
      return "assignment refused, a default driver's";  // EADDRNOTAVAIL
    }
    return assigned[1 - mdev].get() ? "assignment refused, another mdev's" : nullptr;  // EADDRINUSE
  }
  template <class Context>
  bool mask(const Context& device) DEVLOCK_REQUIRES(device) {
    devlock::Guard lock{device, perms};
    return default_owns.get();
  }
  // vfio_ap_mdev_hot_plug_cfg, with the locks of the matrix
  void plug() {
    for (unsigned i = 0; i != 2; ++i) {
      if (assigned[i].get() && linked.get()) {
        shadow[i].set(true);
        used_by_guest.set(true);
      }
    }
  }
  template <class Context>
  void rebind(const Context& device, bool to_default) DEVLOCK_REQUIRES(device) {
    if (driver.get() == (to_default ? vfio_ap_driver : default_driver)) {
      unbind(device);
      bind(device, to_default);
    }
  }
  template <class Context>
  void unbind(const Context& device) DEVLOCK_REQUIRES(device) {
    if (driver.get() == vfio_ap_driver) {  // vfio_ap_mdev_remove_queue
      Locks::with_queue(*this, device, [this] {
        mark(shadow[0].get() || shadow[1].get() ? "unplugged from a guest" : "removed unused");
        shadow[0].set(false);
        shadow[1].set(false);
        used_by_guest.set(false);  // reset
        linked.set(false);
      });
    }
    driver.set(no_driver);
  }
  template <class Context>
  void bind(const Context& device, bool to_default) DEVLOCK_REQUIRES(device) {
    if (!to_default) {  // vfio_ap_mdev_probe_queue
      Locks::with_queue(*this, device, [this] {
        require(!used_by_guest.get(), "a queue was reset before its unbind completed");
        linked.set(true);
        plug();
        mark(any_assigned() ? "plugged into a guest" : "plugged");
      });
    }
    driver.set(to_default ? default_driver : vfio_ap_driver);
  }

  bool refused_[2] = {};
};

}  // namespace catalogue::ap
