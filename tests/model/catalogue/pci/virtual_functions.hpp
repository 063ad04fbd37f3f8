// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A physical function and its virtual one: whoever takes both takes the physical one first. sriov_disable does so, for it unbinds the
// virtual functions under the device_lock of the physical one; a reset that came the other way round would meet it half-way.
// Always: no deadlock; what was taken is given back.
// Source: sriov_disable in drivers/pci/iov.c; pci::Topology's scope of a physical function.
#pragma once

#include "model/catalogue/pci/try_reset.hpp"

#include "devlock/lock/hierarchical_lock.hpp"

namespace catalogue::pci {

inline constexpr Address physical{0, 3, 1, 0};
inline constexpr Address virtual_one{0, 3, 1, 1};

struct PhysicalTree : model::Switch<Lock> {
  PhysicalTree() {
    tree.add(physical, model::down0);
    tree.add_virtual(virtual_one, physical);
    scope.emplace(*tree.scope(ScopeKind::physical, physical));
  }
  std::optional<ResetScope<Lock>> scope;
};

/// As a scope of the library: the bridge, the physical function, its virtual ones.
struct PhysicalFirst {
  template <class Act>
  static void lock(PhysicalTree& host, const Act& act) {
    ThreadContext root;
    const devlock::HierarchicalLock all{root, *host.scope};
    act();
  }
};
struct VirtualFirst {
  template <class Act>
  static void lock(PhysicalTree& host, const Act& act) {
    const Unchecked first("the virtual function before the one that it belongs to");
    const Unchecked second("the virtual function before the one that it belongs to");
    auto& of_virtual = host.tree.find(virtual_one)->lock.device();
    auto& of_physical = host.tree.find(physical)->lock.device();
    const devlock::Guard one{first, of_virtual};
    const devlock::Guard other{second, of_physical};
    act();
  }
};

template <class How>
struct ResetAgainstDisable {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"reset", "sriov_numvfs"};

  ResetAgainstDisable() {
    model::forget_held_locks();
    devlock::check::name(host_->tree.find(physical)->lock.device(), "device_lock of the PF");
    devlock::check::name(host_->tree.find(virtual_one)->lock.device(), "device_lock of the VF");
    devlock::check::name(bound_, "VF's driver");
  }
  void thread(unsigned index) {
    if (index == 0) {
      How::lock(*host_, [this] { mark(bound_.get() ? "reset before" : "reset after"); });
    } else {
      disable();
    }
    require(model::held_locks[index].size == 0, "what was taken is given back");
  }
  void disable() {  // sriov_disable: the VF is unbound under the PF's lock
    ThreadContext root;
    auto& of_physical = host_->tree.find(physical)->lock.device();
    auto& of_virtual = host_->tree.find(virtual_one)->lock.device();
    const devlock::Guard function{root, of_physical};
    const Unchecked below("a PF before its VF: two instances of one class, in the order of the tree");
    const devlock::Guard virtual_function{below, of_virtual};
    bound_.set(false);
    mark("virtual function unbound");
  }
  void after() { require(!bound_.get(), "the virtual function is unbound"); }

 private:
  devlock::check::Untracked<PhysicalTree> host_;
  Var<bool> bound_{true};  // under the VF's device_lock
};

}  // namespace catalogue::pci
