// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// GroupOwnership says who may drive the DMA of an IOMMU group: nobody yet, n host drivers through the DMA API, or one user. A host
// driver cannot start DMA while a user owns the group, nor a user claim it while a driver does DMA; both are errors, never a
// crash. A claim is a value that gives itself back.
//
//   auto claim = group.claim(context, &my_vm);          // the whole group, exclusive
//   if (!claim) return claim.error();                    // ClaimError::in_dma_use, owned
//
// What the group is attached to follows: the default domain until somebody owns it, then one that blocks all DMA, then the owner's;
// and the default one again when the ownership ends.
// Not checked: that devices bound without DMA (vfio-pci, pci-stub, pcieport) are left out of use_dma_api, as Linux does.
// Source: iommu_group_claim_dma_owner, iommu_device_use_default_domain in drivers/iommu/iommu.c.
#pragma once

#include <utility>

#include "devlock/config.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/sync/concept.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock {

/// Why a group cannot be claimed or used. The kernel's errno stands beside each.
enum class ClaimError {
  none,
  in_use,    ///< EPERM for a claim: owner_cnt is not zero, drivers do DMA or a user owns it
  owned,     ///< EBUSY for a driver: a user owns the group. EPERM for a device claim by another user
  invalid,   ///< EINVAL: a null owner
  foreign,   ///< EBUSY for a claim, a driver or a domain: the group is attached to somebody's domain
  deferred,  ///< EPROBE_DEFER for a driver: the group has no default domain yet
};

/// What a group is attached to. Blocking: an owned group lets no DMA through until its owner attaches a domain.
enum class DomainKind : unsigned { none, standard, blocking, user };

template <Sync S, class Order = vfio::VfioOrder, LockClass Class = vfio::iommu_group_lock>
class GroupOwnership {
 public:
  using Context = devlock::ContextFor<Order, Class>;
  /// Identifies a user: any address that is the user's own. Never dereferenced.
  using Owner = const void*;

  /// A claim of the group or of one of its devices, or the reason why there is none. Threads may share a claim; giving it
  /// back waits for the group's mutex, so whoever destroys one may hold only what precedes that class.
  class [[nodiscard]] Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept
        : group_(std::exchange(other.group_, nullptr)),
          term_(other.term_),
          whole_(other.whole_),
          error_(other.error_) {}
    Claim& operator=(Claim&& other) noexcept {
      if (this != &other) {
        give_back();
        group_ = std::exchange(other.group_, nullptr);
        term_ = other.term_;
        whole_ = other.whole_;
        error_ = other.error_;
      }
      return *this;
    }
    ~Claim() { give_back(); }
    explicit operator bool() const noexcept { return group_ != nullptr; }
    [[nodiscard]] ClaimError error() const noexcept { return error_; }
    void give_back() {
      if (group_ != nullptr) {
        std::exchange(group_, nullptr)->release(term_, whole_);
      }
    }

   private:
    friend class GroupOwnership;
    explicit Claim(ClaimError error) : error_(error) {}
    Claim(GroupOwnership* group, unsigned term, bool whole) : group_(group), term_(term), whole_(whole) {}
    GroupOwnership* group_ = nullptr;
    unsigned term_ = 0;
    bool whole_ = false;
    ClaimError error_ = ClaimError::none;
  };

  GroupOwnership() : GroupOwnership(DomainKind::standard) {}
  /// A group that is being made has no default domain, `none`, until finish().
  explicit GroupOwnership(DomainKind first)
      : domain_(static_cast<unsigned>(first)), has_default_(first != DomainKind::none) {}
  GroupOwnership(const GroupOwnership&) = delete;
  GroupOwnership& operator=(const GroupOwnership&) = delete;

  /// Claims the whole group for `owner`. Exclusive: refused while anything uses it, the same owner included.
  Claim claim(Context context, Owner owner) DEVLOCK_REQUIRES(context) {
    if (owner == nullptr) {
      return Claim(ClaimError::invalid);
    }
    Guard guard{context, mutex_};
    if (count_.get() != 0) {
      return Claim(ClaimError::in_use);
    }
    return take(owner, true);
  }
  /// Claims one device of the group for `owner`. Counted: more devices of the same owner may follow.
  Claim claim_device(Context context, Owner owner) DEVLOCK_REQUIRES(context) {
    if (owner == nullptr) {
      return Claim(ClaimError::invalid);
    }
    Guard guard{context, mutex_};
    if (count_.get() == 0) {
      return take(owner, false);
    }
    if (owner_.get() != owner) {
      return Claim(owner_.get() == nullptr ? ClaimError::in_use : ClaimError::owned);
    }
    count_.set(count_.get() + 1);
    return Claim(this, term_.get(), false);
  }
  /// A host driver starts to use the group's DMA. Refused while a user owns the group; the probe then fails with EBUSY.
  [[nodiscard]] ClaimError use_dma_api(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    if (!has_default_.get()) {
      return ClaimError::deferred;
    }
    if (owner_.get() != nullptr) {
      return ClaimError::owned;
    }
    if (count_.get() != 0 && attached() != DomainKind::standard) {
      return ClaimError::foreign;
    }
    count_.set(count_.get() + 1);
    return ClaimError::none;
  }
  /// The driver left. Call it exactly once for each use_dma_api that returned none.
  void unuse_dma_api(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    DEVLOCK_ASSERT(owner_.get() == nullptr && count_.get() > 0, "unuse_dma_api without use_dma_api");
    count_.set(count_.get() - 1);
  }

  /// Attaches the group to a domain of its user's. Refused with `foreign` while it is attached to another one.
  [[nodiscard]] ClaimError attach(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    if (attached() == DomainKind::user) {
      return ClaimError::foreign;
    }
    set_attached(DomainKind::user);
    return ClaimError::none;
  }
  /// Takes the group off that domain: blocking while somebody owns it, else the default one. Without an attach, nothing happens.
  void detach(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    if (attached() == DomainKind::user) {
      set_attached(owner_.get() != nullptr ? DomainKind::blocking : unowned());
    }
  }
  /// The group has its default domain from here on.
  void finish(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    has_default_.set(true);
    if (attached() == DomainKind::none) {
      set_attached(DomainKind::standard);
    }
  }
  /// What the group is attached to now. Stale as soon as it is returned.
  [[nodiscard]] DomainKind domain(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    return attached();
  }

  /// Who owns the group now; null if nobody does. Stale as soon as it is returned.
  [[nodiscard]] Owner owner(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    return owner_.get();
  }
  /// Users of the group now: devices in DMA use, or claims of the owner. Stale as soon as it is returned.
  [[nodiscard]] int users(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, mutex_};
    return count_.get();
  }

 private:
  [[nodiscard]] DomainKind attached() const { return static_cast<DomainKind>(domain_.get()); }
  void set_attached(DomainKind kind) { domain_.set(static_cast<unsigned>(kind)); }
  // Where the group is when nobody owns it: a group that is not finished has no default domain to go back to.
  [[nodiscard]] DomainKind unowned() const { return has_default_.get() ? DomainKind::standard : DomainKind::none; }
  // The first claim of a group that nobody uses, under the mutex.
  Claim take(Owner owner, bool whole) {
    if (attached() == DomainKind::user) {
      return Claim(ClaimError::foreign);
    }
    set_attached(DomainKind::blocking);
    owner_.set(owner);
    count_.set(1);
    return Claim(this, term_.get(), whole);
  }
  // Releasing the group zeroes the count and so ends the claims of its devices; releasing a device takes one off it.
  void release(unsigned term, bool whole) {
    UncheckedContext<Order> context("a claim is given back by a destructor");
    Guard guard{context, mutex_};
    if (term != term_.get()) {
      return;
    }
    count_.set(whole ? 0 : count_.get() - 1);
    if (count_.get() == 0) {
      set_attached(unowned());
      owner_.set(nullptr);
      term_.set(term + 1U);
    }
  }

  Ordered<Class, typename S::mutex> mutex_;
  typename S::template var<Owner> owner_{nullptr};
  typename S::template var<int> count_{0};
  typename S::template var<unsigned> domain_;  // a DomainKind
  typename S::template var<bool> has_default_;
  typename S::template var<unsigned> term_{0U};  // ownerships that ended; tells a claim of an earlier one
};

}  // namespace devlock
