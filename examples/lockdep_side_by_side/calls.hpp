// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The calls of the kernel's report, on the locks of a simulated host: a vfio-ap device is opened, and the kvm-vfio device of its VM is
// closed, as Linux 6.2-rc6 did it with the seed's fix. The second is wrong: under kvm->lock it reaches group_lock by a callback, through
// an unchecked context, for with the caller's it does not compile.
#pragma once

#include "devlock/backend/sim/example.hpp"

namespace calls {

using devlock::Guard;
using devlock::StdSync;
using namespace devlock::vfio;
using Vm = devlock::sim::VmState<StdSync>;
using Device = devlock::sim::VfioDevice<StdSync>;

struct Matrix {
  devlock::Ordered<guests_lock, std::mutex> guests;
};

/// vfio_group_fops_unl_ioctl, vfio_device_open_file, vfio_device_open, vfio_ap_mdev_open_device
inline void vfio_ap_mdev_open_device(ContextFor<guests_lock> context, Matrix& matrix, Vm& vm)
    DEVLOCK_REQUIRES(context) {
  Guard guests{context, matrix.guests};
  Guard kvm{guests, vm.lock};
}
inline void vfio_device_open(ContextFor<group_lock> context, Device& device, Matrix& matrix, Vm& vm)
    DEVLOCK_REQUIRES(context) {
  Guard group{context, device.group->group_lock};
  Guard set{group, device.function.device_set->lock};
  vfio_ap_mdev_open_device(set, matrix, vm);
}

/// kvm_device_release, kvm_vfio_release, vfio_file_set_kvm
inline void vfio_file_set_kvm(Device& device) {
  devlock::unchecked_context<VfioOrder> callback("a symbol of another module, which is not told what its caller holds");
  Guard group{callback, device.group->group_lock};
}
inline void kvm_device_release(ContextFor<kvm_lock> context, Device& device, Vm& vm) DEVLOCK_REQUIRES(context) {
  Guard kvm{context, vm.lock};
  vfio_file_set_kvm(device);
}

}  // namespace calls
