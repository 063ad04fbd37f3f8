// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A VM as its users count it: its own descriptor, that of its kvm-vfio device, and each open device that got it. The last one destroys
// it inline, wherever it is: under group_lock and dev_set->lock if a device's close was the last. So its end may wait for what follows
// kvm_vfio_lock and for nothing before it.
//
//   struct Vm : vfio::KvmVm<StdSync, End> { ... };      // end.destroy(context, vm) frees what the VM had
//
// Not checked: that each get has its put. Not here: vCPUs and memory.
// Source: kvm_create_vm, kvm_put_kvm, kvm_destroy_vm in virt/kvm/kvm_main.c.
#pragma once

#include <utility>

#include "devlock/lock/ordered.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::vfio {

template <Sync S, class End, class Order = VfioOrder>
class KvmVm {
 public:
  using Context = devlock::ContextFor<Order, kvm_vfio_lock>;

  /// Whoever makes it is its first user.
  explicit KvmVm(End end) : end_(std::move(end)) {}
  KvmVm(const KvmVm&) = delete;
  KvmVm& operator=(const KvmVm&) = delete;

  /// One user more, unless the last one left. Never waits.
  [[nodiscard]] bool get_unless_zero() { return users_.get_unless_zero(); }
  /// One user less; the last one destroys it.
  void put(Context context) DEVLOCK_REQUIRES(context) {
    users_.put(context.again(), [this](const auto& last) {
      last.assume();
      End end = std::move(end_);  // it may free this
      end.destroy(last, *this);
    });
  }
  [[nodiscard]] unsigned users() const { return users_.users(); }

  Ordered<kvm_lock, typename S::mutex> lock;
  typename S::template var<bool> has_kvm_vfio{false};  // guarded by lock

 private:
  Reference<S, Order, kvm_vfio_lock> users_;
  End end_;
};

}  // namespace devlock::vfio
