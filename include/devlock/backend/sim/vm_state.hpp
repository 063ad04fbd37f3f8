// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a VM of the host is to those who refer to it: its descriptor, that of its kvm-vfio device, and each open device that got it. The
// last one of them frees it, wherever that is: the last close of a device under group_lock and dev_set->lock, for example.
// Not checked: vCPUs and memory; there are none in this host.
#pragma once

#include <memory>
#include <utility>

#include "devlock/backend/sim/gauge.hpp"
#include "devlock/vfio/kvm_vm.hpp"

namespace devlock::sim {

template <Sync S>
class VmState;

template <Sync S>
struct VmEnd {
  template <class Context, class Vm>
  void destroy(const Context&, Vm& vm) {
    delete static_cast<VmState<S>*>(&vm);
  }
};

template <Sync S>
class VmState : public vfio::KvmVm<S, VmEnd<S>> {
 public:
  /// One of those that `all` counts until its end.
  explicit VmState(std::shared_ptr<Gauge<S>> all)
      : vfio::KvmVm<S, VmEnd<S>>(VmEnd<S>()), all_(std::move(all)), exists_(all_->enter()) {}

 private:
  std::shared_ptr<Gauge<S>> all_;
  typename Gauge<S>::Inside exists_;
};

}  // namespace devlock::sim
