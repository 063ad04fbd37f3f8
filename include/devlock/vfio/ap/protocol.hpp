// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How assignment and the mask store lock each other out. AsLanded is what Linux has since 2022: assignment takes ap_perms_lock first,
// so that the answer of in_use is not stale when the mask is committed. A protocol is a parameter of the AP types for the sake of
// its wrong variants, which the model checker must find; there is no reason to write another.
//
//   Protocol::assign(device, context, mdev, act)     calls act with what assignment needs; false if it gave up
//   Protocol::in_use(device, context, ask)           calls ask with what the question needs; context holds ap_perms_lock
// Source: assign_adapter_store and vfio_ap_mdev_resource_in_use in drivers/s390/crypto/vfio_ap_ops.c.
#pragma once

#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::vfio::ap {

enum class InUse { no, yes, unknown };

struct AsLanded {
  /// Assignment asks the masks whose a queue is, not whether vfio_ap has it now.
  static constexpr bool asks_masks = true;
  /// A refused assignment takes its bit back.
  static constexpr bool takes_back = true;
  /// The mask store rebinds queues after it gave ap_perms_lock back, for device_lock comes before it.
  static constexpr bool rebinds_under_masks = false;
  /// Unassigning unlinks the queues that no guest has, too.
  static constexpr bool unlinks_all = true;
  /// A queue that another mdev has is refused.
  static constexpr bool refuses_shared = true;
  /// A queue that leaves vfio_ap leaves the guest first, with its adapter.
  static constexpr bool unplugs_on_remove = true;
  /// A queue that leaves vfio_ap is reset first.
  static constexpr bool resets_on_remove = true;

  template <class Device, class Mdev, class Act>
  static bool assign(Device& device, ContextFor<ap_perms_lock> context, Mdev& mdev, Act act) DEVLOCK_REQUIRES(context) {
    Guard masks{context, device.permissions().lock};
    device.update(masks, mdev, act);
    return true;
  }
  template <class Device, class Ask>
  static InUse in_use(Device& device, ContextFor<guests_lock> context, Ask ask) DEVLOCK_REQUIRES(context) {
    Guard guests{context, device.guests_lock};
    Guard data{guests, device.mdevs_lock};
    return ask() ? InUse::yes : InUse::no;
  }
};

}  // namespace devlock::vfio::ap
