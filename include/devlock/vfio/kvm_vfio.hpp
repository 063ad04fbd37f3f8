// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The kvm-vfio device of a VM: the files of groups and devices that know the VM through it. It has a reference to the VM, and a reference
// to each file. It goes when its own descriptor is closed, under kvm->lock, and not with the VM; then its files forget the VM. So a file
// that knows a VM knows one that has a user.
//
//   if (const int error = kvm_vfio.create(context, vm)) ...        // EBUSY: the VM has one
//   if (const int error = kvm_vfio.add(context, file, vm)) ...     // EEXIST
//   auto files = kvm_vfio.release(context, vm);                    // the last reference to a file closes it: later, holding nothing
//
// `file->kvm` is its KvmPointer. Not checked: that the context under which the files go may wait for group_lock.
// Source: virt/kvm/vfio.c, kvm_ioctl_create_device and kvm_device_release in virt/kvm/kvm_main.c.
#pragma once

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/vfio/kvm_pointer.hpp"

namespace devlock::vfio {

template <Sync S, class File, class Vm, class Order = VfioOrder>
requires CountedVm<Vm, Order>
class KvmVfio {
 public:
  using Files = std::vector<File>;

  KvmVfio() = default;
  KvmVfio(const KvmVfio&) = delete;
  KvmVfio& operator=(const KvmVfio&) = delete;

  /// KVM_CREATE_DEVICE. EBUSY: the VM has one.
  [[nodiscard]] int create(devlock::ContextFor<Order, kvm_lock> context, Vm& vm) DEVLOCK_REQUIRES(context) {
    Guard guard{context, vm.lock};
    if (vm.has_kvm_vfio.get()) {
      return EBUSY;
    }
    [[maybe_unused]] const bool counted = vm.get_unless_zero();
    DEVLOCK_ASSERT(counted, "who makes a VM's device is a user of the VM");
    vm.has_kvm_vfio.set(true);
    return 0;
  }
  /// KVM_DEV_VFIO_FILE_ADD. EEXIST: it has the file.
  [[nodiscard]] int add(devlock::ContextFor<Order, kvm_vfio_lock> context, const File& file, Vm& vm)
      DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    if (std::find(files_.begin(), files_.end(), file) != files_.end()) {
      return EEXIST;
    }
    files_.push_back(file);
    file->kvm.set(guard, &vm);
    return 0;
  }
  /// KVM_DEV_VFIO_FILE_DEL: the file, which goes when the caller is done. ENOENT: it has no such file.
  [[nodiscard]] int remove(devlock::ContextFor<Order, kvm_vfio_lock> context, const File& file)
      DEVLOCK_REQUIRES(context) {
    Guard guard{context, lock};
    const auto place = std::find(files_.begin(), files_.end(), file);
    if (place == files_.end()) {
      return ENOENT;
    }
    files_.erase(place);
    file->kvm.set(guard, nullptr);
    return 0;
  }
  /// The close of its descriptor: every file forgets the VM, and the VM loses a user, which may be its last. The files are the caller's.
  [[nodiscard]] Files release(devlock::ContextFor<Order, dev_set_lock> context, Vm& vm) DEVLOCK_REQUIRES(context) {
    Files files;
    {
      Guard guard{context, vm.lock};
      files.swap(files_);
      for (const File& file : files) {
        file->kvm.set(guard, nullptr);
      }
      vm.has_kvm_vfio.set(false);
    }
    vm.put(context);
    return files;
  }

  Ordered<kvm_vfio_lock, typename S::mutex> lock;

 private:
  Files files_;  // guarded by lock; by its own end when nobody else has it
};

}  // namespace devlock::vfio
