// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The pointer from a VFIO group, or from a device's own file, to the VM that it is attached to. A spinlock guards the pointer and
// nothing else: whoever opens a device gets the VM unless it is going, under it, and gives it back elsewhere. So nothing sleeps under
// it, and neither side needs the group's lock.
//
//   if (Vm* vm = pointer.get(context)) { ... vm->put(context); }       // outside the spinlock: the last put destroys the VM
//
// Not checked: that whoever sets it has a reference to the VM until it is cleared; the kvm-vfio device has (vfio/kvm_vfio.hpp).
// Source: vfio_device_get_kvm_safe in drivers/vfio/vfio_main.c, vfio_group_set_kvm in drivers/vfio/group.c (2b48f52f2bff).
#pragma once

#include <concepts>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/sync/concept.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::vfio {

/// A VM as those see it who keep it: the last put destroys it, inline, and may wait for what follows kvm_vfio_lock.
template <class V, class Order>
concept CountedVm = requires(V& vm, devlock::ContextFor<Order, kvm_vfio_lock> context) {
  { vm.get_unless_zero() } -> std::same_as<bool>;
  vm.put(context);
};

template <Sync S, class Vm, class Order = VfioOrder>
class KvmPointer {
 public:
  using Context = devlock::ContextFor<Order, kvm_ref_lock>;

  KvmPointer() = default;
  KvmPointer(const KvmPointer&) = delete;
  KvmPointer& operator=(const KvmPointer&) = delete;

  /// Null: it is attached to none.
  void set(Context context, Vm* vm) DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    vm_.set(vm);
  }
  /// The VM with a reference for the caller; null if there is none, or none any more.
  [[nodiscard]] Vm* get(Context context) DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    Vm* vm = vm_.get();
    return vm != nullptr && vm->get_unless_zero() ? vm : nullptr;
  }

  Ordered<kvm_ref_lock, typename S::mutex> lock;

 private:
  typename S::template var<Vm*> vm_{nullptr};  // guarded by lock
};

}  // namespace devlock::vfio
