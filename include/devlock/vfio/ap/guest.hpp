// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What vfio_ap knows of a virtual machine: its locks, the matrix that its hardware lets it use, and the hook for the instruction with
// which it asks for a queue's interrupts. The hook is read under a lock of its own, for a vCPU must not wait for kvm_lock.
// Not checked: that the VM outlives the device that is open in it; the VFIO core's reference sees to that.
// Source: struct kvm_s390_crypto in arch/s390/include/asm/kvm_host.h.
#pragma once

#include "devlock/sync/tracked.hpp"
#include "devlock/vfio/ap/queue.hpp"

namespace devlock::vfio::ap {

template <Sync S>
struct Guest {
  Ordered<kvm_lock, typename S::mutex> lock;
  Ordered<vcpu_lock, typename S::mutex> vcpu;
  Ordered<pqap_hook_lock, typename S::shared_mutex> hook_lock;
  typename S::template var<Mdev<S>*> hook{nullptr};  // guarded by hook_lock
  Tracked<S, Matrix> control_block;                  // guarded by lock
};

}  // namespace devlock::vfio::ap
