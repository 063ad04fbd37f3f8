// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The wrong protocols of vfio-ap: what was there before the seed, the seed's own fix, and single steps left out. The right one is
// devlock::vfio::ap::AsLanded; the algorithms around it are the library's.
// Source: drivers/s390/crypto/vfio_ap_ops.c and its history.
#pragma once

#include "model/catalogue/order.hpp"

#include "devlock/vfio/ap/protocol.hpp"

namespace catalogue::ap {

using devlock::vfio::ap::AsLanded;
using devlock::vfio::ap::InUse;

/// Before the seed: ap_perms_lock under the locks of the matrix.
struct MatrixThenPerms : AsLanded {
  template <class Device, class Mdev, class Act>
  static bool assign(Device& device, ContextFor<ap_perms_lock> context, Mdev& mdev, Act act) DEVLOCK_REQUIRES(context) {
    device.update(context, mdev, [&] {
      const Unchecked unchecked("ap_perms under the matrix lock, as before the seed");
      devlock::Guard masks{unchecked, device.permissions().lock};
      act();
    });
    return true;
  }
};
/// The seed: both try the lock of the matrix. Assignment looks whether vfio_ap has the queue, not at the masks.
struct TriesTheMatrix : AsLanded {
  static constexpr bool asks_masks = false;
  template <class Device, class Mdev, class Act>
  static bool assign(Device& device, ContextFor<ap_perms_lock> context, Mdev&, Act act) DEVLOCK_REQUIRES(context) {
    devlock::TryGuard guests{context, device.guests_lock};
    if (!guests) {
      return false;
    }
    devlock::TryGuard data{guests, device.mdevs_lock};
    if (data) {
      act();
    }
    return data.owns_lock();
  }
  template <class Device, class Ask>
  static InUse in_use(Device& device, ContextFor<guests_lock> context, Ask ask) DEVLOCK_REQUIRES(context) {
    devlock::TryGuard guests{context, device.guests_lock};
    if (!guests) {
      return InUse::unknown;
    }
    devlock::TryGuard data{guests, device.mdevs_lock};
    return !data ? InUse::unknown : ask() ? InUse::yes : InUse::no;
  }
};
/// A refused assignment leaves the bit that it set.
struct LeavesTheBit : AsLanded {
  static constexpr bool takes_back = false;
};
/// The probe takes ap_perms_lock again.
struct RebindsUnderMasks : AsLanded {
  static constexpr bool rebinds_under_masks = true;
  template <class Context, class Act>
  static void force([[maybe_unused]] const Context& masks, Act act) DEVLOCK_REQUIRES(masks) {
    const Unchecked unchecked("device_lock under ap_perms");
    act(unchecked);
  }
};
/// Linux 6.12: a queue that no guest has keeps its pointer to the mdev from which it was unassigned.
struct KeepsThePointer : AsLanded {
  static constexpr bool unlinks_all = false;
};
struct SharesQueues : AsLanded {
  static constexpr bool refuses_shared = false;
};
struct LeavesItInTheGuest : AsLanded {
  static constexpr bool unplugs_on_remove = false;
};
struct ForgetsTheReset : AsLanded {
  static constexpr bool resets_on_remove = false;
};

}  // namespace catalogue::ap
