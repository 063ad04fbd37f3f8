// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The schemes of the seed's discussion for who drives the DMA of an IOMMU group: the notifier that could not refuse; the
// library's GroupOwnership, which counts (as Linux does now); a count by hand with a mistake or with none; and the walk over dev->driver
// without its lock.
//
//   scheme.claim(context, thread, owner), give_back(thread)     VFIO, for a user
//   scheme.configure(device, i), cleanup(device, i)             the driver core, under the device's lock
//   scheme.look(context), count(context)                        of one that counts: owner, count, domain; the count alone
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/check/check.hpp"
#include "devlock/lock/group_ownership.hpp"

#include <utility>

namespace catalogue::iommu {

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

/// What a scheme says of the group. Each part is true for as long as whoever asks is a user of the group.
struct State {
  bool owned;
  int count;
  devlock::DomainKind domain;
};

/// The library: counted. `Refusable` off is the notifier of old, to which nobody listened.
template <bool Refusable>
class CountedScheme {
 public:
  static constexpr bool counts = Refusable;

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
  bool configure(const Context& device, unsigned) DEVLOCK_REQUIRES(device) {
    counted_ = ownership_.use_dma_api(device) == devlock::ClaimError::none;
    return counted_ || !Refusable;
  }
  template <class Context>
  void cleanup(const Context& device, unsigned) DEVLOCK_REQUIRES(device) {
    if (Refusable || counted_) {
      ownership_.unuse_dma_api(device);
    }
  }
  template <class Context>
  State look(const Context& context) DEVLOCK_REQUIRES(context) {
    const devlock::DomainKind domain = ownership_.domain(context);
    const bool owned = ownership_.owner(context) != nullptr;
    return {owned, ownership_.users(context), domain};
  }
  template <class Context>
  int count(const Context& context) DEVLOCK_REQUIRES(context) {
    return ownership_.users(context);
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

enum class Mistake {
  none,
  nests,  ///< who claims the whole group may do so twice
  owner_not_counted,
  device_release_zeroes,  ///< giving one device back zeroes the count
  counts_one_driver,      ///< the second driver is not counted
  cleans_up_the_group,    ///< dma_cleanup of one device takes off a share for each of the group
  keeps_default_domain,   ///< while the group is owned
  stays_blocked           ///< the default domain is not put back
};

/// The count by hand, with a mistake or with none.
template <Mistake mistake>
class CountByHand {
 public:
  static constexpr bool counts = true;

  explicit CountByHand(Group&) { devlock::check::name(mutex_, "group->mutex"); }
  bool claim(const ThreadContext& context, unsigned thread, const void* owner) DEVLOCK_REQUIRES(context) {
    return take(context, thread, owner, mistake == Mistake::nests, true);
  }
  bool claim_device(const ThreadContext& context, unsigned thread, const void* owner) DEVLOCK_REQUIRES(context) {
    return take(context, thread, owner, true, false);
  }
  void give_back(unsigned thread) {
    ThreadContext root;
    devlock::Guard guard{root, mutex_};
    const bool zeroes = whole_[thread] || mistake == Mistake::device_release_zeroes;
    count_.set(zeroes || count_.get() == 0 ? 0 : count_.get() - 1);
    if (count_.get() == 0) {
      owner_.set(nullptr);
      if (mistake != Mistake::stays_blocked) {
        domain_ = devlock::DomainKind::standard;
      }
    }
  }
  template <class Context>
  bool configure(const Context& device, unsigned) DEVLOCK_REQUIRES(device) {
    devlock::Guard guard{device, mutex_};
    if (owner_.get() != nullptr) {
      return false;
    }
    count_.set(mistake == Mistake::counts_one_driver ? 1 : count_.get() + 1);
    return true;
  }
  template <class Context>
  void cleanup(const Context& device, unsigned) DEVLOCK_REQUIRES(device) {
    devlock::Guard guard{device, mutex_};
    count_.set(count_.get() - (mistake == Mistake::cleans_up_the_group ? static_cast<int>(devices) : 1));
  }
  template <class Context>
  State look(const Context& context) DEVLOCK_REQUIRES(context) {
    devlock::Guard guard{context, mutex_};
    return {owner_.get() != nullptr, count_.get(), domain_};
  }
  template <class Context>
  int count(const Context& context) DEVLOCK_REQUIRES(context) {
    devlock::Guard guard{context, mutex_};
    return count_.get();
  }
  bool idle() { return owner_.get() == nullptr && count_.get() == 0; }

 private:
  bool take(const ThreadContext& context, unsigned thread, const void* owner, bool may_follow, bool whole)
      DEVLOCK_REQUIRES(context) {
    devlock::Guard guard{context, mutex_};
    if (count_.get() != 0 && (owner_.get() != owner || !may_follow)) {
      return false;
    }
    owner_.set(owner);
    count_.set(mistake == Mistake::owner_not_counted ? 0 : count_.get() + 1);
    whole_[thread] = whole;
    if (mistake != Mistake::keeps_default_domain) {
      domain_ = devlock::DomainKind::blocking;
    }
    return true;
  }

  Mutex<iommu_group_lock> mutex_;
  Var<const void*> owner_{nullptr};
  Var<int> count_{0};
  devlock::DomainKind domain_ = devlock::DomainKind::standard;  // under mutex_
  bool whole_[3] = {};
};

/// The walk: no count. The DMA API owns the group by a token, which a remove gives up unless another device has a driver that
/// does DMA; it looks at dev->driver without the lock that guards it.
class ListWalk {
 public:
  static constexpr bool counts = false;

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
  bool configure(const Context& device, unsigned) DEVLOCK_REQUIRES(device) {
    devlock::Guard guard{device, mutex_};
    if (owner_.get() != nullptr && owner_.get() != this) {
      return false;
    }
    owner_.set(this);
    return true;
  }
  template <class Context>
  void cleanup(const Context& context, unsigned leaving) DEVLOCK_REQUIRES(context) {
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

}  // namespace catalogue::iommu
