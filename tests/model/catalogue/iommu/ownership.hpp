// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who drives the DMA of an IOMMU group: VFIO claims it for a user while the driver core probes and removes drivers of the
// other devices. The schemes of the seed's discussion: the notifier that could not refuse; the library's GroupOwnership,
// which counts (as Linux does now); and the walk over dev->driver without its lock. The count was chosen because the driver
// core clears dev->driver only after dma_cleanup and cleans nothing up after a refused probe, so a walk sees drivers that have
// left or never came, keeps the group owned for them, and follows pointers to freed memory.
// Always: an owner excludes the DMA API; without an owner the count is that of the devices in DMA use; the domain is not
// the default one while a user owns the group, and is the default one when that ends; dma_cleanup iff dma_configure succeeded.
// Source: really_probe, __device_release_driver in drivers/base/dd.c; drivers/iommu/iommu.c.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/lock/group_ownership.hpp"

namespace catalogue::iommu {

using devlock::check::mark;
using devlock::check::require;
using devlock::check::step;

struct Driver {
  Var<bool> managed_dma{false};  // its own memory: gone when the module is unloaded
};
struct Device {
  Mutex<device_lock> lock;
  Sync::atomic<Driver*> driver{nullptr};  // changed under the lock, read by the walk without it
};
inline constexpr unsigned devices = 2;
struct Group {
  Device device[devices];
};

/// The library: counted. `Refusable` off is the notifier of old, to which nobody listened.
template <bool Refusable>
class CountedScheme {
 public:
  explicit CountedScheme(Group&) { devlock::check::name(ownership_, "group->mutex"); }
  bool claim(const ThreadContext& context, unsigned thread, const void* owner) DEVLOCK_REQUIRES(context) {
    claims_[thread] = ownership_.claim(context, owner);
    return static_cast<bool>(claims_[thread]);
  }
  bool claim_device(const ThreadContext& context, unsigned thread, const void* owner) DEVLOCK_REQUIRES(context) {
    claims_[thread] = ownership_.claim_device(context, owner);
    return static_cast<bool>(claims_[thread]);
  }
  void give_back(unsigned thread) { claims_[thread].give_back(); }
  template <class Context>
  bool configure(const Context& device, unsigned) {
    counted_ = ownership_.use_dma_api(device) == devlock::ClaimError::none;
    return counted_ || !Refusable;
  }
  template <class Context>
  void cleanup(const Context& device, unsigned) {
    if (Refusable || counted_) {
      ownership_.unuse_dma_api(device);
    }
  }
  bool idle() {
    ThreadContext root;
    return ownership_.owner(root) == nullptr && ownership_.users(root) == 0;
  }

 private:
  using Ownership = devlock::GroupOwnership<Sync, KernelOrder>;
  Ownership ownership_;
  typename Ownership::Claim claims_[3];
  bool counted_ = false;  // of the one driver that a notifier follows
};
using Counted = CountedScheme<true>;
using Notifier = CountedScheme<false>;

/// The count with a mistake: who claims the whole group may do so twice, and giving it back zeroes the count.
class NestedClaims {
 public:
  explicit NestedClaims(Group&) {}
  bool claim(const ThreadContext& context, unsigned, const void* owner) DEVLOCK_REQUIRES(context) {
    devlock::Guard guard{context, mutex_};
    if (count_.get() != 0 && owner_.get() != owner) {
      return false;
    }
    owner_.set(owner);
    count_.set(count_.get() + 1);
    return true;
  }
  void give_back(unsigned) {
    ThreadContext root;
    devlock::Guard guard{root, mutex_};
    count_.set(0);
    owner_.set(nullptr);
  }
  template <class Context>
  bool configure(const Context& device, unsigned) {
    devlock::Guard guard{device, mutex_};
    if (owner_.get() != nullptr) {
      return false;
    }
    count_.set(count_.get() + 1);
    return true;
  }
  template <class Context>
  void cleanup(const Context& device, unsigned) {
    devlock::Guard guard{device, mutex_};
    count_.set(count_.get() - 1);
  }
  bool idle() { return owner_.get() == nullptr && count_.get() == 0; }

 private:
  Mutex<iommu_group_lock> mutex_;
  Var<const void*> owner_{nullptr};
  Var<int> count_{0};
};

/// The walk: no count. The DMA API owns the group by a token, which a remove gives up unless another device has a driver that
/// does DMA; it looks at dev->driver without the lock that guards it.
class ListWalk {
 public:
  explicit ListWalk(Group& group) : group_(group) {}
  bool claim(const ThreadContext& context, unsigned, const void* owner) DEVLOCK_REQUIRES(context) {
    devlock::Guard guard{context, mutex_};
    if (owner_.get() != nullptr) {
      return false;
    }
    owner_.set(owner);
    return true;
  }
  void give_back(unsigned) {
    ThreadContext root;
    devlock::Guard guard{root, mutex_};
    owner_.set(nullptr);
  }
  template <class Context>
  bool configure(const Context& device, unsigned) {
    devlock::Guard guard{device, mutex_};
    if (owner_.get() != nullptr && owner_.get() != this) {
      return false;
    }
    owner_.set(this);
    return true;
  }
  template <class Context>
  void cleanup(const Context& context, unsigned leaving) {
    devlock::Guard guard{context, mutex_};
    if (owner_.get() != this) {
      return;
    }
    for (unsigned i = 0; i != devices; ++i) {
      // Pairs with the stores of the driver core.
      const Driver* driver = i == leaving ? nullptr : group_.device[i].driver.load(std::memory_order_acquire);
      if (driver != nullptr && !driver->managed_dma.get()) {
        return;
      }
    }
    owner_.set(nullptr);
  }
  bool idle() { return owner_.get() == nullptr; }

 private:
  Group& group_;
  Mutex<iommu_group_lock> mutex_;
  Var<const void*> owner_{nullptr};  // this: the DMA API
};

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
      if (Clearing::after_refusal) {
        scheme.cleanup(lock, i);
      }
      mark("probe refused");
      return false;
    }
    require(owners == 0, "no DMA of a driver while a user owns the group");
    require(default_domain, "the DMA API finds the default domain");
    ++users;
    mark("bound");
    return true;
  }
  // device_release_driver, then the module is unloaded
  void remove(unsigned i, bool unload) {
    ThreadContext root;
    {
      devlock::Guard lock{root, group.device[i].lock};
      require(owners == 0, "no DMA of a driver while a user owns the group");
      --users;
      if (Clearing::before_cleanup) {
        group.device[i].driver.store(nullptr, std::memory_order_release);  // as above
      }
      scheme.cleanup(lock, i);
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
    if (owners++ == 0) {
      if (Whole) {
        default_domain = false;
      }
    } else {
      mark("claimed for one owner twice");
    }
    step();
    require(users == 0, "no owner while a driver does DMA");
    if (--owners == 0 && Whole) {
      default_domain = true;
    }
    mark("claimed");
    scheme.give_back(thread);
  }
  void expect_idle() {
    require(users == 0 && owners == 0, "everybody left");
    require(scheme.idle(), "an unused group has no owner and no count");
    require(default_domain, "the default domain is back");
  }

  Group group;
  Driver drivers[devices];
  Scheme scheme{group};
  bool default_domain = true;  // attached to the group; changed by who owns it
  int users = 0;               // devices that a host driver does DMA with
  int owners = 0;
  int user = 0;                // its address is the user
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

/// Two drivers come and go while a claim is tried.
template <class Scheme, class Clearing = ClearsAfterwards>
struct TwoProbesAndClaim : Host<Scheme, Clearing> {
  static constexpr unsigned threads = 3;
  void thread(unsigned index) {
    if (index == 2) {
      this->template use<true>(0, &this->user);
    } else if (this->probe(index)) {
      this->remove(index, true);
    }
  }
  void after() { this->expect_idle(); }
};

}  // namespace catalogue::iommu
