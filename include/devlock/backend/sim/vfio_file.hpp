// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An open file that a VM may know: of a group, whatever its devices are. Its last reference closes it; the kernel defers that to a point
// where the task holds none of its locks.
// Not checked: that whoever drops the last reference may wait for group_lock.
#pragma once

#include "devlock/backend/sim/vm_state.hpp"
#include "devlock/vfio/kvm_pointer.hpp"

namespace devlock::sim {

template <Sync S>
class VfioFile {
 public:
  explicit VfioFile(vfio::KvmPointer<S, VmState<S>>& pointer) : kvm(pointer) {}
  VfioFile(const VfioFile&) = delete;
  VfioFile& operator=(const VfioFile&) = delete;
  virtual ~VfioFile() = default;

  vfio::KvmPointer<S, VmState<S>>& kvm;
};

}  // namespace devlock::sim
