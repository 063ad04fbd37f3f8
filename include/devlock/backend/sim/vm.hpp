// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A KVM virtual machine with its kvm-vfio device: the two descriptors. A group that is attached knows its VM through a pointer under a
// leaf spinlock; an open device holds a reference to the VM, taken at its first open and put at its last close, which destroys the VM
// if nobody else refers to it.
// Not checked: vCPUs and memory; there are none in this host.
// Source: virt/kvm/kvm_main.c, virt/kvm/vfio.c.
#pragma once

#include <memory>
#include <utility>

#include "devlock/backend/sim/group.hpp"
#include "devlock/backend/sim/mdev_cdev.hpp"
#include "devlock/backend/sim/mdev_group.hpp"
#include "devlock/backend/sim/vm_state.hpp"
#include "devlock/vfio/kvm_vfio.hpp"

namespace devlock::sim {

template <Sync S>
class Vm {
 public:
  using Group = sim::Group<S>;

  /// For Host::create_vm: the first reference to `state` is this one's.
  Vm(std::shared_ptr<Machine<S>> machine, VmState<S>* state) : machine_(std::move(machine)), state_(state) {}
  Vm(Vm&& other) noexcept
      : machine_(std::move(other.machine_)),
        state_(std::exchange(other.state_, nullptr)),
        device_(std::move(other.device_)) {}
  Vm& operator=(Vm&& other) noexcept {
    if (this != &other) {
      drop();
      machine_ = std::move(other.machine_);
      state_ = std::exchange(other.state_, nullptr);
      device_ = std::move(other.device_);
    }
    return *this;
  }
  /// Ends the VM, as close() does and as the context of create_vm says. Devices that are open keep a reference to it.
  ~Vm() { drop(); }

  /// KVM_CREATE_DEVICE of a kvm-vfio device. EBUSY: the VM has one. EBADF: the VM is closed.
  [[nodiscard]] Result<void> create_device(vfio::ContextFor<vfio::kvm_lock> context) DEVLOCK_REQUIRES(context) {
    if (state_ == nullptr) {
      return failure(closed(Operation::create_vm));
    }
    auto device = std::make_unique<Device>();
    if (const int error_number = device->create(context.again(), *state_)) {
      return failure(make_error(Operation::create_vm, "VM", error_number, "the VM has a kvm-vfio device already",
                                "use the one that it has"));
    }
    device_ = std::move(device);
    return {};
  }
  /// Closes the kvm-vfio device alone: its groups forget the VM. Idempotent. Waits as close() does.
  [[nodiscard]] Result<void> close_device(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (state_ == nullptr) {
      return failure(closed(Operation::close_vm));
    }
    shut_device(context.again());
    return {};
  }

  /// KVM_DEV_VFIO_FILE_ADD. EBADF: the group, the device or the VM is closed. EEXIST: it is attached to this VM already.
  [[nodiscard]] Result<void> attach(vfio::ContextFor<vfio::kvm_vfio_lock> context, Group& group)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::attach_group, group); !usable) {
      return usable;
    }
    return add(context.again(), group.file(), group.name());
  }
  /// The same of a file that is no group. EINVAL. EBADF as above.
  [[nodiscard]] Result<void> attach([[maybe_unused]] vfio::ContextFor<vfio::kvm_vfio_lock> context,
                                    const Container<S>& container) DEVLOCK_REQUIRES(context) {
    if (auto usable = check_device(Operation::attach_group); !usable) {
      return usable;
    }
    const bool open = container.state() != nullptr;
    return failure(make_error(Operation::attach_group, "container", open ? EINVAL : EBADF,
                              open ? "a container is neither a group nor a device" : "the container is closed",
                              "attach the groups in it"));
  }
  /// KVM_DEV_VFIO_FILE_DEL. EBADF as above. ENOENT: it is not attached to this VM.
  [[nodiscard]] Result<void> detach(vfio::ContextFor<vfio::kvm_vfio_lock> context, Group& group)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check(Operation::detach_group, group); !usable) {
      return usable;
    }
    return take_off(context.again(), group.file(), group.name());
  }
  /// The same of the group of a mediated device.
  [[nodiscard]] Result<void> attach(vfio::ContextFor<vfio::kvm_vfio_lock> context, const MdevGroupHandle<S>& group)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check_file(Operation::attach_group, group.file() != nullptr, "mdev group"); !usable) {
      return usable;
    }
    return add(context.again(), group.file(), group.file()->group->name());
  }
  [[nodiscard]] Result<void> detach(vfio::ContextFor<vfio::kvm_vfio_lock> context, const MdevGroupHandle<S>& group)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check_file(Operation::detach_group, group.file() != nullptr, "mdev group"); !usable) {
      return usable;
    }
    return take_off(context.again(), group.file(), group.file()->group->name());
  }
  /// The same of the character device of a mediated device.
  [[nodiscard]] Result<void> attach(vfio::ContextFor<vfio::kvm_vfio_lock> context, const MdevCdev<S>& device)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check_file(Operation::attach_group, device.file() != nullptr, "mdev"); !usable) {
      return usable;
    }
    return add(context.again(), device.file(), device.file()->name());
  }
  [[nodiscard]] Result<void> detach(vfio::ContextFor<vfio::kvm_vfio_lock> context, const MdevCdev<S>& device)
      DEVLOCK_REQUIRES(context) {
    if (auto usable = check_file(Operation::detach_group, device.file() != nullptr, "mdev"); !usable) {
      return usable;
    }
    return take_off(context.again(), device.file(), device.file()->name());
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
  using Device = vfio::KvmVfio<S, std::shared_ptr<VfioFile<S>>, VmState<S>>;

  static Error closed(Operation operation) {
    return make_error(operation, "VM", EBADF, "the VM is closed", "create a VM first");
  }
  Result<void> check_device(Operation operation) const {
    if (state_ == nullptr) {
      return failure(closed(operation));
    }
    if (device_ == nullptr) {
      return failure(
          make_error(operation, "VM", EBADF, "the kvm-vfio device of the VM is closed", "create another device"));
    }
    return {};
  }
  Result<void> check_file(Operation operation, bool open, const std::string& name) const {
    if (auto usable = check_device(operation); !usable) {
      return usable;
    }
    if (!open) {
      return failure(make_error(operation, name, EBADF, "the file is closed", "open it first"));
    }
    return {};
  }
  Result<void> add(vfio::ContextFor<vfio::kvm_vfio_lock> context, const std::shared_ptr<VfioFile<S>>& file,
                   const std::string& name) DEVLOCK_REQUIRES(context) {
    if (const int error_number = device_->add(context.again(), file, *state_)) {
      return failure(
          make_error(Operation::attach_group, name, error_number, "it is attached to this VM", "use it as it is"));
    }
    return {};
  }
  Result<void> take_off(vfio::ContextFor<vfio::kvm_vfio_lock> context, const std::shared_ptr<VfioFile<S>>& file,
                        const std::string& name) DEVLOCK_REQUIRES(context) {
    if (const int error_number = device_->remove(context.again(), file)) {
      return failure(
          make_error(Operation::detach_group, name, error_number, "it is not attached to this VM", "attach it first"));
    }
    return {};
  }
  Result<void> check(Operation operation, Group& group) {
    if (auto usable = check_file(operation, group.file() != nullptr, group.name()); !usable) {
      return usable;
    }
    if (const int error_number = machine_->faults.take(operation, group.addresses())) {
      return failure(make_error(operation, group.name(), error_number, "a fault was injected", "try again"));
    }
    return {};
  }
  void drop() {
    if (state_ != nullptr) {
      UncheckedContext<vfio::VfioOrder> context("the context of create_vm bounds what a destructor may wait for");
      shut(context);
    }
  }
  // The release of the kvm-vfio device under kvm_lock; its group files go after that, as a deferred fput does.
  void shut_device(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (const auto device = std::exchange(device_, nullptr)) {
      device->release(context, *state_).clear();
    }
  }
  void shut(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    shut_device(context.again());
    std::exchange(state_, nullptr)->put(context);
    machine_.reset();
  }

  std::shared_ptr<Machine<S>> machine_;
  VmState<S>* state_;
  std::unique_ptr<Device> device_;
};

}  // namespace devlock::sim
