// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One queue of the AP bus: a device with its lock and its driver, and what the vfio_ap driver keeps about it while it is bound.
// Not checked: requests; there are none in this model, only whether a guest may have left some in it since its last reset.
// Source: struct ap_queue in drivers/s390/crypto/ap_bus.h, struct vfio_ap_queue in vfio_ap_private.h.
#pragma once

#include "devlock/lock/ordered.hpp"
#include "devlock/sync/concept.hpp"
#include "devlock/vfio/ap/matrix.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock::vfio::ap {

template <Sync S>
struct Mdev;

/// Whose a queue is. The masks decide: in both of them it is the host's, else vfio_ap's.
enum class QueueDriver : unsigned char { none, host, vfio_ap };

constexpr const char* to_string(QueueDriver driver) {
  switch (driver) {
    case QueueDriver::none:
      return "no driver";
    case QueueDriver::host:
      return "cex4queue";
    case QueueDriver::vfio_ap:
      return "vfio_ap";
  }
  return "unknown driver";
}

template <Sync S>
struct Queue {
  explicit Queue(Apqn which) : apqn(which) {}

  const Apqn apqn;
  Ordered<device_lock, typename S::mutex> lock;
  // Guarded by lock.
  typename S::template var<bool> present{false};
  typename S::template var<QueueDriver> driver{QueueDriver::none};
  // Guarded by mdevs_lock; vfio_ap's.
  typename S::template var<bool> known{false};       // vfio_ap has it
  typename S::template var<Mdev<S>*> mdev{nullptr};  // assigned to this one
  typename S::template var<bool> in_table{false};    // and in its table
  typename S::template var<bool> used{false};        // by a guest, since the last reset
  typename S::template var<bool> interrupts{false};  // to a guest
  typename S::template var<bool> broken{false};      // its resets fail
  typename S::template var<bool> unreset{false};     // the last one did, and no guest gets it
  typename S::template var<unsigned> resets{0U};
};

}  // namespace devlock::vfio::ap
