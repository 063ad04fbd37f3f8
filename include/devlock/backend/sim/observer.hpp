// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What an onlooker sees of a simulated host, as a person sees a kernel through wait channels and lockdep: who waits for what, which
// locks are held, what became of a function's state. Waiting for a condition here replaces sleeping.
//
//   sim::Observer observer(host);
//   observer.await_unbind_wait(address);       // returns once an unbind waits for open descriptors
//
// Not checked: that an answer is still true; threads go on. held_locks tries every lock and may make a try elsewhere lose: use it when
// the host is quiet.
#pragma once

#include <string>
#include <vector>

#include "devlock/backend/sim/host.hpp"
#include "devlock/order/try_guard.hpp"

namespace devlock::sim {

/// Every function here answers for an address that is not in the host as for one at rest.
template <Sync S>
class Observer {
 public:
  explicit Observer(const BasicHost<S>& host) : machine_(host.machine()) {}

  /// Configuration space and counts of a function, read without any lock.
  [[nodiscard]] Observation observe(pci::Address address) const {
    const Function<S>* function = machine_.find(address);
    return function != nullptr ? function->registers.observe() : Observation{};
  }
  /// An unbind of this function waits until its descriptors are closed. New ones are refused and a try-reset is contended by then.
  [[nodiscard]] bool unbind_waits(pci::Address address) const {
    const Function<S>* function = machine_.find(address);
    return function != nullptr && function->waits_for_users.value() != 0U;
  }
  /// Waits for that.
  void await_unbind_wait(pci::Address address) const {
    if (const Function<S>* function = machine_.find(address)) {
      function->waits_for_users.await_at_least(1U);
    }
  }
  /// Threads in bind, unbind, probe or reset_function of this function that do not have its device lock yet.
  [[nodiscard]] unsigned waiting_for_lock(pci::Address address) const {
    const Function<S>* function = machine_.find(address);
    return function != nullptr ? function->waits_for_lock.value() : 0U;
  }
  /// Waits until there are at least `count` of them.
  void await_waiting_for_lock(pci::Address address, unsigned count) const {
    if (const Function<S>* function = machine_.find(address)) {
      function->waits_for_lock.await_at_least(count);
    }
  }

  /// Every lock of the host that is held now, as "device_lock 0000:01:00.0". Tries each one once.
  [[nodiscard]] std::vector<std::string> held_locks() const {
    std::vector<std::string> held;
    note(held, machine_.rescan_lock, "");
    note(held, machine_.group_list_lock, "");
    for (const auto* iommu : machine_.groups()) {
      if (const auto group = iommu->vfio()) {
        note(held, group->group_lock, iommu->name());
        note(held, group->device_lock, iommu->name());
        note(held, group->kvm.lock, iommu->name());
      }
    }
    for (const auto& set : machine_.device_sets()) {
      note(held, set->lock, "");
    }
    for (const Function<S>* function : machine_.functions()) {
      const std::string name = pci::to_string(function->address());
      note(held, function->lock().config(), name);
      if (note(held, function->lock().device(), name) && function->vfio != nullptr) {
        note(held, function->vfio->memory_lock, name);
        note(held, function->vfio->igate, name);
      }
    }
    return held;
  }

 private:
  template <class Lock>
  static bool note(std::vector<std::string>& held, Lock& lock, const std::string& owner) {
    UncheckedContext<vfio::VfioOrder> root("an onlooker tries a lock");
    TryGuard guard{root, lock};
    if (!guard) {
      held.push_back(std::string(Lock::lock_class::name) + (owner.empty() ? "" : " ") + owner);
    }
    return guard.owns_lock();
  }

  Machine<S>& machine_;
};

}  // namespace devlock::sim
