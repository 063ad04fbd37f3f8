// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A KVM virtual machine with its kvm-vfio device. A group that is attached knows its VM through a pointer under a leaf spinlock;
// an open device holds a reference to the VM, taken at its first open and put at its last close.
// Not checked: vCPUs and memory; there are none in this host.
// Source: virt/kvm/vfio.c, vfio_device_get_kvm_safe in drivers/vfio/vfio_main.c.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "devlock/backend/sim/group.hpp"

namespace devlock::sim {

template <Sync S>
struct VmState {
  Ordered<vfio::kvm_lock, typename S::mutex> kvm_lock;
  Ordered<vfio::kvm_vfio_lock, typename S::mutex> kvm_vfio_lock;
  std::vector<std::shared_ptr<GroupFile<S>>> files;  // guarded by kvm_vfio_lock
};

template <Sync S>
class Vm {
 public:
  using Group = sim::Group<S>;

  /// For Host::create_vm.
  Vm(std::shared_ptr<Machine<S>> machine, std::shared_ptr<VmState<S>> state)
      : machine_(std::move(machine)), state_(std::move(state)) {}
  Vm(Vm&&) noexcept = default;
  Vm& operator=(Vm&& other) noexcept {
    if (this != &other) {
      drop();
      machine_ = std::move(other.machine_);
      state_ = std::move(other.state_);
    }
    return *this;
  }
  /// Ends the VM, as close() does and as the context of create_vm says. Devices that are open keep a reference to it.
  ~Vm() { drop(); }

  /// KVM_DEV_VFIO_FILE_ADD. EBADF: the group or the VM is closed. EEXIST: it is attached to this VM already.
  [[nodiscard]] Result<void> attach(vfio::ContextFor<vfio::kvm_vfio_lock> context, Group& group)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::attach_group, group); !usable) {
      return usable;
    }
    Guard guard{context, state_->kvm_vfio_lock};
    for (const auto& file : state_->files) {
      if (file == group.file()) {
        return failure(make_error(Operation::attach_group, group.name(), EEXIST, "the group is attached to this VM",
                                  "use it as it is"));
      }
    }
    state_->files.push_back(group.file());
    set_vm(guard, *group.file(), state_);
    return {};
  }
  /// KVM_DEV_VFIO_FILE_DEL. EBADF as above. ENOENT: it is not attached to this VM.
  [[nodiscard]] Result<void> detach(vfio::ContextFor<vfio::kvm_vfio_lock> context, Group& group)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::detach_group, group); !usable) {
      return usable;
    }
    Guard guard{context, state_->kvm_vfio_lock};
    if (std::erase(state_->files, group.file()) == 0U) {
      return failure(make_error(Operation::detach_group, group.name(), ENOENT, "the group is not attached to this VM",
                                "attach it first"));
    }
    set_vm(guard, *group.file(), nullptr);
    return {};
  }
  /// Ends the VM: its groups are let go. Idempotent. Waits for kvm_lock, and for the group_lock of each group that only
  /// this VM still kept open.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (state_ != nullptr) {
      shut(context.again());
    }
    return {};
  }

 private:
  Result<void> check(Operation operation, Group& group) {
    if (state_ == nullptr) {
      return failure(make_error(operation, "VM", EBADF, "the VM is closed", "create a VM first"));
    }
    if (group.file() == nullptr) {
      return failure(make_error(operation, group.name(), EBADF, "the group is closed", "open the group first"));
    }
    if (const int error_number = machine_->faults.take(operation, group.addresses())) {
      return failure(make_error(operation, group.name(), error_number, "a fault was injected", "try again"));
    }
    return {};
  }
  static void set_vm(vfio::ContextFor<vfio::kvm_ref_lock> context, GroupFile<S>& file,
                     const std::shared_ptr<VmState<S>>& vm) DEVLOCK_REQUIRES(context) {
    Guard guard{context, file.group().kvm_ref_lock};
    file.group().vm = vm;
  }
  void drop() {
    if (state_ != nullptr) {
      UncheckedContext<vfio::VfioOrder> context("the context of create_vm bounds what a destructor may wait for");
      shut(context);
    }
  }
  // The release of the kvm-vfio device under kvm_lock; its group files go after that, as a deferred fput does.
  void shut(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    const auto state = std::exchange(state_, nullptr);
    std::vector<std::shared_ptr<GroupFile<S>>> files;
    {
      Guard kvm{context, state->kvm_lock};
      files.swap(state->files);
      for (const auto& file : files) {
        set_vm(kvm, *file, nullptr);
      }
    }
    machine_.reset();
  }

  std::shared_ptr<Machine<S>> machine_;
  std::shared_ptr<VmState<S>> state_;
};

}  // namespace devlock::sim
