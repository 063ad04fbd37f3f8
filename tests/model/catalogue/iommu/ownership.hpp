// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who drives the DMA of an IOMMU group: VFIO claims it for a user while the driver core probes and removes drivers of the
// other devices, under each of the schemes of iommu/schemes.hpp. The count was chosen because the driver core clears
// dev->driver only after dma_cleanup and cleans nothing up after a refused probe, so a walk sees drivers that have left or
// never came, keeps the group owned for them, and follows pointers to freed memory.
// Always: an owner excludes the DMA API; without an owner the count is that of the devices in DMA use; the domain is not
// the default one while a user owns the group, and is the default one when that ends; dma_cleanup iff dma_configure succeeded.
// Source: really_probe, __device_release_driver in drivers/base/dd.c; drivers/iommu/iommu.c.
#pragma once

#include "model/catalogue/iommu/schemes.hpp"

namespace catalogue::iommu {

using devlock::check::mark;
using devlock::check::require;
using devlock::check::step;

/// When the driver core clears dev->driver, and whether a refused probe is cleaned up after. Linux: after dma_cleanup, and no.
struct ClearsAfterwards {
  static constexpr bool before_cleanup = false;
  static constexpr bool after_refusal = false;
};
/// Enough for the walk if no probe is refused.
struct ClearsFirst {
  static constexpr bool before_cleanup = true;
  static constexpr bool after_refusal = false;
};
/// What the walk needs.
struct ClearsFirstAlways {
  static constexpr bool before_cleanup = true;
  static constexpr bool after_refusal = true;
};

/// The driver core and VFIO around a scheme, and what both must see.
template <class Scheme, class Clearing = ClearsAfterwards>
struct Host {
  Host() {
    for (unsigned i = 0; i != devices; ++i) {
      devlock::check::name(group.device[i].lock, "device_lock", i);
      devlock::check::name(group.device[i].driver, "dev->driver", i);
      devlock::check::name(drivers[i].managed_dma, "driver_managed_dma", i);
    }
  }
  // really_probe
  bool probe(unsigned i) {
    ThreadContext root;
    devlock::Guard lock{root, group.device[i].lock};
    group.device[i].driver.store(&drivers[i], std::memory_order_release);  // pairs with the load of the walk
    if (!scheme.configure(lock, i)) {
      group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      if (Clearing::after_refusal) {                                     // a scheme that counts has nothing to clean up
        scheme.cleanup(lock, i);
      }
      mark("probe refused");
      return false;
    }
    require(owners == 0, "no DMA of a driver while a user owns the group");
    ++users;
    configured[i] = true;
    if constexpr (Scheme::counts) {
      const State now = scheme.look(lock);
      require(!now.owned && now.count == users, "without an owner the count is that of the devices in DMA use");
      require(now.domain == devlock::DomainKind::standard, "the DMA API finds the default domain");
    }
    mark("bound");
    return true;
  }
  // device_release_driver, then the module is unloaded
  void remove(unsigned i, bool unload) {
    ThreadContext root;
    {
      devlock::Guard lock{root, group.device[i].lock};
      require(owners == 0, "no DMA of a driver while a user owns the group");
      if (Clearing::before_cleanup) {
        group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      }
      require(std::exchange(configured[i], false), "dma_cleanup if and only if dma_configure succeeded");
      users -= Scheme::counts ? 0 : 1;  // a walk may find already that it has left
      scheme.cleanup(lock, i);
      users -= Scheme::counts ? 1 : 0;
      if (!Clearing::before_cleanup) {
        group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      }
    }
    if (unload) {
      drivers[i].managed_dma.set(true);  // its memory is somebody else's
    }
    mark("removed");
  }
  // vfio: a user drives the whole group, or one device of it
  template <bool Whole>
  void use(unsigned thread, const void* owner) {
    ThreadContext root;
    bool claimed = false;
    if constexpr (Whole) {
      claimed = scheme.claim(root, thread, owner);
    } else {
      claimed = scheme.claim_device(root, thread, owner);
    }
    if (!claimed) {
      mark("claim refused");
      return;
    }
    require(users == 0, "no owner while a driver does DMA");
    if (owners++ != 0) {
      mark("claimed for one owner twice");
    }
    if constexpr (Scheme::counts) {
      const State now = scheme.look(root);
      require(now.owned && now.count >= owners, "an owner is counted");
      require(now.domain != devlock::DomainKind::standard,
              "the default domain is not attached while a user owns the group");
    } else {
      step();
    }
    require(users == 0, "no owner while a driver does DMA");
    --owners;
    mark("claimed");
    scheme.give_back(thread);
  }
  void expect_idle() {
    require(users == 0 && owners == 0, "everybody left");
    require(scheme.idle(), "an unused group has no owner and no count");
    if constexpr (Scheme::counts) {
      ThreadContext root;
      require(scheme.look(root).domain == devlock::DomainKind::standard, "the default domain is back");
    }
  }

  Group group;
  Driver drivers[devices];
  Scheme scheme{group};
  bool configured[devices] = {};
  int users = 0;  // devices that a host driver does DMA with
  int owners = 0;
  int user = 0;  // its address is the user
};

/// VFIO claims the group, as one or two users or twice as one; an admin binds and unbinds a host driver.
template <class Scheme, unsigned Claims, bool Whole>
struct ClaimAgainstProbe : Host<Scheme> {
  static constexpr unsigned threads = Claims + 1;
  void thread(unsigned index) {
    if (index < Claims) {
      this->template use<Whole>(index, &this->user);
    } else if (this->probe(1)) {
      step();
      this->remove(1, true);
    }
  }
  void after() { this->expect_idle(); }
};

/// Both devices have a host driver, and both lose it.
template <class Scheme, class Clearing, bool Unload>
struct TwoRemoves : Host<Scheme, Clearing> {
  static constexpr unsigned threads = 2;
  void before() {
    (void)this->probe(0);
    (void)this->probe(1);
  }
  void thread(unsigned index) { this->remove(index, Unload); }
  void after() { this->expect_idle(); }
};

/// Two drivers come and go while claims are tried.
template <class Scheme, class Clearing = ClearsAfterwards, unsigned Claims = 1>
struct TwoProbesAndClaim : Host<Scheme, Clearing> {
  static constexpr unsigned threads = 2 + Claims;
  void thread(unsigned index) {
    if (index >= 2) {
      this->template use<true>(index - 2, &this->user);
    } else if (this->probe(index)) {
      this->remove(index, true);
    }
  }
  void after() { this->expect_idle(); }
};

}  // namespace catalogue::iommu
