// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The gate between the users of a parent device and its end: create and remove enter, unregister closes it and waits for those inside.
// It stands where Linux has unreg_sem, whose readers try: what waits for the lock of a writer that drains it would wait for itself.
// So both sides hold the class unreg_sem while they are in there, whatever their contexts say.
//
//   if (!gate.run(context, [&](const auto& inside) { ... })) return ENODEV;    // a user
//   gate.closed(context, [&](const auto& inside) { ... });                     // the end; nobody enters afterwards
//
// Not checked: that a user does not close it.
// Source: mdev_device_create, mdev_device_remove, mdev_unregister_parent in drivers/vfio/mdev/mdev_core.c.
#pragma once

#include "devlock/lock/rundown.hpp"
#include "devlock/order/lifetime.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::vfio {

template <Sync S, class Order = VfioOrder, LockClass Class = unreg_sem>
class MdevGate {
 public:
  using Context = devlock::ContextFor<Order, Class>;

  /// Acts inside, or answers false because the end has begun. Never waits.
  template <LockContext Caller, class Act>
  [[nodiscard]] bool run(const Caller& context, const Act& act) DEVLOCK_REQUIRES(context) {
    auto user = users_.enter();
    if (!user) {
      return false;
    }
    const Through inside{context, user};
    act(inside);
    return true;
  }
  /// Refuses newcomers, waits for those inside, and acts alone.
  template <class Act>
  void closed(Context context, const Act& act) DEVLOCK_REQUIRES(context) {
    users_.close(context.again());
    Alone alone;
    const Through inside{context, alone};
    act(inside);
  }

 private:
  struct Alone {
    using lifetime_class = Class;
  };
  Rundown<S, Order, Class> users_;
};

}  // namespace devlock::vfio
