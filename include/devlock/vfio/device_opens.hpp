// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How often a VFIO device is open, and the VM that it has meanwhile. The first open gets the VM, the last close puts it: both under
// dev_set->lock, which guards all of this, and the put after the device was closed and outside every spinlock. So a VM may be destroyed
// there, inline, which is why closing takes a context that permits it.
//
//   Guard set{group, device_set.lock};
//   int error = opens.open(set, group.kvm, [&](const auto& context, Vm* vm) { return first_open(context, vm); });
//   opens.close(set, [&](const auto& context, Vm* vm) { last_close(context, vm); });
//
// Not checked: that dev_set->lock is held; that each open has its close.
// Source: vfio_df_group_open, vfio_df_group_close in drivers/vfio/group.c, vfio_df_open in drivers/vfio/vfio_main.c.
#pragma once

#include "devlock/vfio/kvm_pointer.hpp"

namespace devlock::vfio {

template <Sync S, class Vm, class Order = VfioOrder>
requires CountedVm<Vm, Order>
class DeviceOpens {
 public:
  DeviceOpens() = default;
  DeviceOpens(const DeviceOpens&) = delete;
  DeviceOpens& operator=(const DeviceOpens&) = delete;

  /// `first(context, vm)` opens the device if it was closed; vm is null without one. Not 0: it failed and the device stays closed.
  template <LockContext Context, class Pointer, class First>
  [[nodiscard]] int open(const Context& context, Pointer& pointer, const First& first) DEVLOCK_REQUIRES(context) {
    if (count_.get() == 0U) {
      Vm* vm = pointer.get(context);
      if (const int error = first(context, vm)) {
        put(context, vm);
        return error;
      }
      vm_.set(vm);
    }
    count_.set(count_.get() + 1U);
    return 0;
  }
  /// `last(context, vm)` closes the device if nobody else has it open.
  template <LockContext Context, class Last>
  void close(const Context& context, const Last& last) DEVLOCK_REQUIRES(context) {
    count_.set(count_.get() - 1U);
    if (count_.get() == 0U) {
      Vm* vm = vm_.get();
      last(context, vm);
      vm_.set(nullptr);
      put(context, vm);
    }
  }
  [[nodiscard]] unsigned count() const { return count_.get(); }
  /// Not null if and only if the device holds a reference.
  [[nodiscard]] Vm* vm() const { return vm_.get(); }

 private:
  template <LockContext Context>
  static void put(const Context& context, Vm* vm) DEVLOCK_REQUIRES(context) {
    if (vm != nullptr) {
      vm->put(context);
    }
  }

  typename S::template var<unsigned> count_{0U};
  typename S::template var<Vm*> vm_{nullptr};
};

}  // namespace devlock::vfio
