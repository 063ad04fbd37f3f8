// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Closing a VM's kvm-vfio device while a vfio-ap device is opened, as Linux did both before and after commit 2b48f52f2bff
// ("vfio: fix deadlock between group lock and kvm lock"). One close, one open, the kernel's locks, the library's types.
#pragma once

#include "devlock/check/check.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/lock/reference.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/order.hpp"

namespace kvm_vfio {

using devlock::Guard;
using devlock::check::mark;
using Sync = devlock::RelacySync;
template <class Class>
using Mutex = devlock::Ordered<Class, Sync::mutex>;
using devlock::vfio::VfioOrder;

struct Machine {
  static constexpr unsigned threads = 2;
  static constexpr const char* thread_names[] = {"close of kvm-vfio", "open of vfio-ap"};
  Mutex<devlock::vfio::group_lock> group;
  Mutex<devlock::vfio::dev_set_lock> dev_set;
  Mutex<devlock::vfio::guests_lock> guests;
  Mutex<devlock::vfio::kvm_lock> kvm;
  Mutex<devlock::vfio::kvm_ref_lock> kvm_ref;
  Sync::var<bool> group_knows_kvm{true};

  Machine() { devlock::check::name(group_knows_kvm, "group->kvm"); }
};

/// group_lock guards the group's pointer to the VM, and kvm->lock is held when the kvm-vfio device is released.
struct Before : Machine {
  void thread(unsigned index) { index == 0 ? close_kvm_vfio() : open_vfio_ap(); }

  void close_kvm_vfio() {  // kvm_device_release, kvm_vfio_release, vfio_file_set_kvm(NULL)
    devlock::vfio::ThreadContext root;
    Guard vm{root, kvm};
    // `Guard known{vm, group}` does not compile: group_lock comes before kvm.lock. So the types are told to look away.
    devlock::unchecked_context<VfioOrder> unchecked("what Linux did until 2b48f52f2bff");
    Guard known{unchecked, group};
    group_knows_kvm.set(false);
  }
  void open_vfio_ap() {  // vfio_device_open under the group, vfio_ap_mdev_set_kvm
    devlock::vfio::ThreadContext root;
    Guard known{root, group};
    Guard opening{known, dev_set};
    if (group_knows_kvm.get()) {
      Guard guest{opening, guests};
      Guard vm{guest, kvm};
    }
  }
};

/// A lock of its own guards the pointer; the open takes a reference under it and gives it back outside.
struct After : Machine {
  devlock::Reference<Sync, VfioOrder, devlock::vfio::kvm_vfio_lock> vm_users;
  Sync::var<bool> vm_exists{true};

  void thread(unsigned index) { index == 0 ? close_kvm_vfio() : open_vfio_ap(); }
  void destroy() {
    devlock::check::require(vm_exists.get(), "the VM is destroyed once");
    vm_exists.set(false);
  }

  void close_kvm_vfio() {
    devlock::vfio::ThreadContext root;
    {
      Guard vm{root, kvm};
      Guard pointer{vm, kvm_ref};
      group_knows_kvm.set(false);
    }
    vm_users.put(root, [this](auto) { destroy(); });  // the VM's own descriptor closes too
  }
  void open_vfio_ap() {
    devlock::vfio::ThreadContext root;
    Guard known{root, group};
    Guard opening{known, dev_set};
    Guard pointer{opening, kvm_ref};
    const bool has_vm = group_knows_kvm.get() && vm_users.get_unless_zero();
    pointer.release();
    if (has_vm) {
      {
        Guard guest{opening, guests};
        Guard vm{guest, kvm};
        devlock::check::require(vm_exists.get(), "an open device has its VM");
      }
      mark(vm_users.put(opening, [this](auto) { destroy(); }) ? "the open outlived the VM's owner" : "opened with the VM");
    } else {
      mark("opened without the VM");
    }
  }
  void after() { devlock::check::require(!vm_exists.get(), "the VM is destroyed in the end"); }
};

}  // namespace kvm_vfio
