// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// It is put when the spinlock is free.
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
  { devlock::Guard spinning{root, pointer.lock}; }
  vm.put(root);
}
