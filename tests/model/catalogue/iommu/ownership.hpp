// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who drives the DMA of an IOMMU group: VFIO claims it for a user while the driver core probes and removes drivers of the
// other devices, under each of the schemes of iommu/schemes.hpp. The count was chosen because the driver core clears
// dev->driver only after dma_cleanup and cleans nothing up after a refused probe, so a walk sees drivers that have left or
// never came, keeps the group owned for them, and follows pointers to freed memory.
// Always: an owner excludes the DMA API; without an owner the count is that of the devices in DMA use, and it is never negative; the
// domain is not the default one while a user owns the group, and is the default one when that ends; dma_cleanup iff dma_configure
// succeeded, which the host here counts by itself, device by device.
// Source: really_probe, __device_release_driver in drivers/base/dd.c; drivers/iommu/iommu.c.
#pragma once

#include "model/catalogue/iommu/schemes.hpp"

namespace catalogue::iommu {

using devlock::check::mark;
using devlock::check::require;
using devlock::check::step;

/// When the driver core clears dev->driver, whether a refused probe is cleaned up after, and how often one is that failed by itself. Linux:
/// after dma_cleanup, no, and once.
struct ClearsAfterwards {
  static constexpr bool before_cleanup = false;
  static constexpr bool after_refusal = false;
  static constexpr unsigned after_failure = 1;
};
/// Enough for the walk if no probe is refused.
struct ClearsFirst : ClearsAfterwards {
  static constexpr bool before_cleanup = true;
};
/// What the walk needs.
struct ClearsFirstAlways : ClearsFirst {
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
  // really_probe; `fails`: the driver's own probe returns an error
  bool probe(unsigned i, bool fails = false) {
    ThreadContext root;
    devlock::Guard lock{root, group.device[i].lock};
    group.device[i].driver.store(&drivers[i], std::memory_order_release);  // pairs with the load of the walk
    if (!scheme.configure(lock, i)) {
      group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      if (Clearing::after_refusal) {                                     // a scheme that counts has nothing to clean up
        clean_up(lock, i);
      }
      mark("probe refused");
      return false;
    }
    require(owners == 0, "no DMA of a driver while a user owns the group");
    ++users;
    ++configured[i];
    if constexpr (Scheme::counts) {
      const State now = scheme.look(lock);
      require(!now.owned && now.count == users, "without an owner the count is that of the devices in DMA use");
      require(now.domain == devlock::DomainKind::standard, "the DMA API finds the default domain");
    }
    if (fails) {
      step();  // the driver's own probe
      require(owners == 0, "no DMA of a driver while a user owns the group");
      for (unsigned time = 0; time != Clearing::after_failure; ++time) {
        clean_up(lock, i);
      }
      --users;
      expect_no_debt(lock);
      group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      mark("probe failed by itself");
      return false;
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
      users -= Scheme::counts ? 0 : 1;  // a walk may find already that it has left
      clean_up(lock, i);
      users -= Scheme::counts ? 1 : 0;
      expect_no_debt(lock);
      if (!Clearing::before_cleanup) {
        group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      }
    }
    if (unload) {
      drivers[i].managed_dma.set(true);  // its memory is somebody else's
    }
    mark("removed");
  }
  // dma_cleanup. A walk is also asked to look after a refused probe, which is nothing to give back.
  template <class Context>
  void clean_up(const Context& lock, unsigned i) DEVLOCK_REQUIRES(lock) {
    require(configured[i] != 0 || !Scheme::counts, "dma_cleanup if and only if dma_configure succeeded");
    configured[i] -= configured[i] != 0 ? 1 : 0;
    scheme.cleanup(lock, i);
  }
  template <class Context>
  void expect_no_debt(const Context& lock) DEVLOCK_REQUIRES(lock) {
    if constexpr (Scheme::counts) {
      require(scheme.count(lock) >= 0, "the count is never negative");
    }
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
  void expect_claimable() {
    ThreadContext root;
    require(scheme.claim(root, 2, &user), "a group that no driver uses can be claimed");
    scheme.give_back(2);
  }
  void expect_idle() {
    for (const int uses : configured) {
      require(uses == 0, "dma_cleanup if and only if dma_configure succeeded");
    }
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
  int configured[devices] = {};  // dma_configure that succeeded, less dma_cleanup
  int users = 0;                 // devices that a host driver does DMA with
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

/// VFIO claims the group; a driver is asked for whose own probe fails, after dma_configure if that let it.
template <class Scheme, class Core = ClearsAfterwards>
struct ClaimAgainstFailure : Host<Scheme, Core> {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"claim", "probe that fails"};
  void thread(unsigned index) {
    if (index == 0) {
      this->template use<true>(0, &this->user);
    } else {
      (void)this->probe(1, true);
    }
  }
  void after() {
    this->expect_claimable();
    this->expect_idle();
  }
};

/// One device's probe fails by itself while a driver of the other comes and goes, and a claim is tried if `Claims` is 1.
template <class Scheme, class Core = ClearsAfterwards, unsigned Claims = 0>
struct FailureAgainstProbe : Host<Scheme, Core> {
  static constexpr unsigned threads = 2 + Claims;
  void thread(unsigned index) {
    if (index == 0) {
      (void)this->probe(0, true);
    } else if (index == 2) {
      this->template use<true>(1, &this->user);
    } else if (this->probe(1)) {
      this->remove(1, true);
    }
  }
  void after() {
    this->expect_claimable();
    this->expect_idle();
  }
};

/// Wrong: nothing is given back after a probe that failed; or it is twice; or dma_cleanup follows a dma_configure that refused.
struct ForgetsAfterFailure : ClearsAfterwards {
  static constexpr unsigned after_failure = 0;
};
struct CleansUpTwice : ClearsAfterwards {
  static constexpr unsigned after_failure = 2;
};
struct CleansUpRefused : ClearsAfterwards {
  static constexpr bool after_refusal = true;
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
