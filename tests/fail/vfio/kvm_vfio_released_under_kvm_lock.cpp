// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The third seed: the kvm-vfio device takes kvm->lock itself when it goes, and may destroy the VM.
// EXPECT: lock_order_inversion<
// EXPECT: dev_set
// EXPECT: kvm_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include "devlock/sync/std.hpp"
#include "devlock/vfio/kvm_vfio.hpp"
#include "devlock/vfio/kvm_vm.hpp"

using namespace devlock::vfio;

struct End {
  template <class Context, class Vm>
  void destroy(const Context& context, Vm& vm);
};
using Vm = KvmVm<devlock::StdSync, End>;
struct File {
  KvmPointer<devlock::StdSync, Vm> kvm;
};
using Device = KvmVfio<devlock::StdSync, File*, Vm>;

void f(Device& device, Vm& vm) {
  ThreadContext root;
  devlock::Guard locked{root, vm.lock};
  (void)device.release(locked, vm);
}
