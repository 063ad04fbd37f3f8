// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The hot reset of a device set, one text for every host: dev_set_lock is waited for; devices that sleep are woken, which waits for their
// memory_lock; then the memory_lock of each device is tried, in order, up to the first that the caller does not own; then the bus is
// reset by a try. What was taken is given back in reverse, exactly that.
//
//   auto done = vfio::hot_reset(context, set, target, *tree.scope(pci::ScopeKind::bus, address));
//
// EBUSY: a memory_lock is taken. EAGAIN: a lock of the PCI reset is. Both are contention, of different locks. So it tries and yet
// waits: for whoever holds dev_set_lock, and for the memory_lock of a device that sleeps.
// Not checked: that the set lists its devices in one order for all callers.
// Source: vfio_pci_dev_set_hot_reset in drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include <vector>

#include "devlock/order/guard.hpp"
#include "devlock/pci/reset.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::vfio {

/// The devices that reset together, as their host keeps them. All but `lock` is called with that lock held.
template <class D>
concept DeviceSetView = requires(D& set, std::size_t place, ContextFor<memory_lock> may_wait_for_memory) {
  typename D::MemoryLock;
  set.lock();  // of class dev_set_lock
  { set.list() } -> std::same_as<Result<void>>;  // looks who is in it; EINVAL if the reset reaches what is not
  { set.wake(may_wait_for_memory) } -> std::same_as<Result<void>>;
  { set.size() } -> std::convertible_to<std::size_t>;
  { set.address(place) } -> std::convertible_to<pci::Address>;
  { set.owned(place) } -> std::convertible_to<bool>;
  { set.memory(place) } -> std::same_as<typename D::MemoryLock&>;
};

namespace detail {
// The memory locks of the devices before the first one that is not owned.
template <class MemoryLock>
class MemoryScope {
 public:
  using lock_type = MemoryLock;
  template <class Set>
  explicit MemoryScope(Set& set) {
    while (locks_.size() != set.size() && set.owned(locks_.size())) {
      locks_.push_back(&set.memory(locks_.size()));
    }
  }
  [[nodiscard]] std::span<MemoryLock* const> locks() const { return locks_; }

 private:
  std::vector<MemoryLock*> locks_;
};

template <class Set>
Error hot_reset_error(Set& set, std::size_t place, int error_number, std::string reason, std::string remedy) {
  return make_error(Operation::hot_reset, pci::to_string(set.address(place)), error_number, std::move(reason),
                    std::move(remedy));
}
}  // namespace detail

/// Resets the bus or slot of `scope`, if the caller owns every device of `set` and all locks but dev_set_lock are free now. EINVAL: a
/// device is not owned, or not the set's. EBUSY: the memory_lock of the device named. EAGAIN: the device lock of the function named.
/// Nothing is touched if it fails with one of these.
template <LockContext Context, DeviceSetView Set, class Target, class Lock>
  requires pci::ResetTarget<Target, Lock> && MayAcquire<Context, dev_set_lock>
Result<void> hot_reset(const Context& context, Set& set, Target& target, const pci::ResetScope<Lock>& scope)
    DEVLOCK_REQUIRES(context) {
  Guard together{context, set.lock()};
  if (auto listed = set.list(); !listed) {
    return listed;
  }
  if (auto awake = set.wake(together); !awake) {
    return awake;
  }
  const detail::MemoryScope<typename Set::MemoryLock> memory(set);
  HierarchicalTryLock quiet{together, memory};
  if (!quiet) {
    return failure(detail::hot_reset_error(set, quiet.contended_at(), EBUSY, "its memory_lock is held by another thread",
                                           "try again once that access is done"));
  }
  if (memory.locks().size() != set.size()) {
    return failure(detail::hot_reset_error(set, memory.locks().size(), EINVAL, "the caller does not own it",
                                           "name the group of every function that the reset affects"));
  }
  auto done = pci::try_reset(quiet, target, scope);
  if (!done) {
    Error error = std::move(done).error();
    return failure(make_error(Operation::hot_reset, std::move(error.object), error.error_number, std::move(error.reason),
                              std::move(error.remedy)));
  }
  return done;
}

}  // namespace devlock::vfio
