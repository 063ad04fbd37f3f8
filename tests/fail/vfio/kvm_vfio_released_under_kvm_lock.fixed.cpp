// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Nothing is held.
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
  (void)device.release(root, vm);
}
