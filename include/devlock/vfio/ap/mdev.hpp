// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mediated matrix device: the queues that it is assigned, those of them that its guest may use now (the shadow), and the guest.
// A guest is given whole adapters: one queue that is missing keeps its adapter from it.
// Source: struct ap_matrix_mdev in drivers/s390/crypto/vfio_ap_private.h.
#pragma once

#include "devlock/vfio/ap/guest.hpp"

namespace devlock::vfio::ap {

template <Sync S>
struct Mdev {
  Tracked<S, Matrix> assigned;                         // written under guests_lock and mdevs_lock
  Tracked<S, Matrix> shadow;                           // guarded by mdevs_lock
  typename S::template var<Guest<S>*> guest{nullptr};  // written under guests_lock, kvm_lock and mdevs_lock
  typename S::template var<bool> listed{false};        // guarded by guests_lock
};

}  // namespace devlock::vfio::ap
