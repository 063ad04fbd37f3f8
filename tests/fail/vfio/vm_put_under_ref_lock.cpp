// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The third seed: the last put sleeps, so it is outside the spinlock that guards the pointer.
// EXPECT: lock_order_inversion<
// EXPECT: kvm_vfio_lock
// EXPECT: kvm_ref_lock
// MAX-LINES: 10
// EXPECT-NOT: Before<
#include "devlock/sync/std.hpp"
#include "devlock/vfio/kvm_pointer.hpp"
#include "devlock/vfio/kvm_vm.hpp"

using namespace devlock::vfio;

struct End {
  template <class Context, class Vm>
  void destroy(const Context& context, Vm& vm);
};
using Vm = KvmVm<devlock::StdSync, End>;

void f(KvmPointer<devlock::StdSync, Vm>& pointer, Vm& vm) {
  ThreadContext root;
  devlock::Guard spinning{root, pointer.lock};
  vm.put(spinning);
}
