// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A KVM virtual machine with its kvm-vfio device, which tells KVM of the groups that the guest uses. The kernel keeps an
// attached group open until it is detached or the VM is destroyed.
// Not checked: memory, processors and interrupts, which are the VMM's; native() is for them.
// Source: virt/kvm/vfio.c, virt/kvm/kvm_main.c; Documentation/virt/kvm/devices/vfio.rst.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <linux/kvm.h>

#include "devlock/backend/linux/cdev.hpp"
#include "devlock/backend/linux/group.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class BasicVm {
 public:
  using Group = BasicGroup<Sys>;
  using MayWaitForKvmVfio = vfio::ContextFor<vfio::kvm_vfio_lock>;
  using MayWaitForGroup = vfio::ContextFor<vfio::group_lock>;

  /// Opens /dev/kvm, checks its version, creates a VM and the kvm-vfio device of it.
  [[nodiscard]] static Result<BasicVm> create(const Sys& sys, const std::string& dev) {
    constexpr auto operation = Operation::create_vm;
    const std::string path = dev + "/kvm";
    constexpr const char* load = "load it: modprobe kvm-intel or kvm-amd; in a guest, allow nested virtualisation";
    const long opened = uninterrupted([&] { return sys.open(path.c_str(), O_RDWR | O_CLOEXEC); });
    if (opened < 0) {
      return failure(explain(operation, path, static_cast<int>(-opened),
                             {{ENOENT, "KVM is not loaded", load},
                              {ENODEV, "KVM is not loaded", load},
                              {ENXIO, "KVM is not loaded", load},
                              {EACCES, "this process may not open it", "join the group kvm, or run as root"}}));
    }
    const Descriptor<Sys> kvm(sys, opened);
    const long version = kvm.ioctl(KVM_GET_API_VERSION);
    if (version < 0) {
      return failure(explain(operation, path, static_cast<int>(-version), {{ENOTTY, "it is not KVM's node", ""}}));
    }
    if (version != KVM_API_VERSION) {
      return failure(make_error(operation, path, EOPNOTSUPP,
                                "the kernel speaks version " + std::to_string(version) +
                                    " of KVM, this program version " + std::to_string(KVM_API_VERSION)));
    }
    const long vm = kvm.ioctl(KVM_CREATE_VM);
    if (vm < 0) {
      return failure(explain(operation, path, static_cast<int>(-vm),
                             {{EBUSY, "another hypervisor has the processor's virtualisation", "end it first"}}));
    }
    Descriptor<Sys> machine(sys, vm);
    kvm_create_device link{};
    link.type = KVM_DEV_TYPE_VFIO;
    if (const long done = machine.ioctl(KVM_CREATE_DEVICE, pointer_argument(link)); done < 0) {
      return failure(explain(operation, "kvm-vfio device", static_cast<int>(-done),
                             {{ENODEV, "this kernel has no kvm-vfio device", "use a kernel with CONFIG_KVM_VFIO"}}));
    }
    return BasicVm(std::move(machine), Descriptor<Sys>(sys, static_cast<int>(link.fd)));
  }

  /// For those that make VMs.
  BasicVm(Descriptor<Sys> machine, Descriptor<Sys> kvm_vfio)
      : file_(std::make_unique<File>(std::move(machine), std::move(kvm_vfio))) {}

  /// Tells KVM of a group. EEXIST if it knows it.
  [[nodiscard]] Result<void> attach([[maybe_unused]] MayWaitForKvmVfio context, Group& group)
      DEVLOCK_REQUIRES(context) {
    return set_attribute(Operation::attach_group, KVM_DEV_VFIO_GROUP_ADD, group, name_of(group),
                         {{EEXIST, "this VM has it already", ""},
                          {EINVAL, "it is no VFIO group", ""},
                          {EBADF, "its descriptor was closed by somebody else", "open it again"}});
  }
  /// Takes that back. ENOENT if KVM does not know the group.
  [[nodiscard]] Result<void> detach([[maybe_unused]] MayWaitForKvmVfio context, Group& group)
      DEVLOCK_REQUIRES(context) {
    return set_attribute(Operation::detach_group, KVM_DEV_VFIO_GROUP_DEL, group, name_of(group),
                         {{ENOENT, "this VM does not have it", ""},
                          {EBADF, "its descriptor was closed by somebody else", "open it again"}});
  }

  /// Tells KVM of a device that is opened by itself, before it is bound. The VM keeps it open until it is detached or the VM ends.
  [[nodiscard]] Result<void> attach([[maybe_unused]] MayWaitForKvmVfio context, const BasicCdev<Sys>& device)
      DEVLOCK_REQUIRES(context) {
    return set_attribute(
        Operation::attach_group, KVM_DEV_VFIO_GROUP_ADD, device, to_string(device.address()),
        {{EEXIST, "this VM has it already", ""},
         {EINVAL, "it is no VFIO device, or this KVM knows groups only", "use a newer kernel, or its group"},
         {EBADF, "its descriptor was closed by somebody else", "open it again"}});
  }
  /// Takes that back; this may be what closes the device. ENOENT if KVM does not know it.
  [[nodiscard]] Result<void> detach([[maybe_unused]] vfio::ContextFor<vfio::group_lock> context,
                                    const BasicCdev<Sys>& device) DEVLOCK_REQUIRES(context) {
    return set_attribute(Operation::detach_group, KVM_DEV_VFIO_GROUP_DEL, device, to_string(device.address()),
                         {{ENOENT, "this VM does not have it", ""},
                          {EBADF, "its descriptor was closed by somebody else", "open it again"}});
  }

  /// Ends the VM, and with it what it knows of groups; idempotent. Waits for kvm_lock, and for the group_lock of each group
  /// that only this VM still kept open. The handle is closed whatever this returns.
  [[nodiscard]] Result<void> close([[maybe_unused]] MayWaitForGroup context) DEVLOCK_REQUIRES(context) {
    if (file_ == nullptr) {
      return {};
    }
    const auto file = std::move(file_);
    const int link = file->kvm_vfio.close();
    const int machine = file->machine.close();
    if (link != 0 || machine != 0) {
      return failure(explain(Operation::close_vm, link != 0 ? "kvm-vfio device" : "VM", link != 0 ? link : machine));
    }
    return {};
  }

  /// The VM's descriptor; -1 if the handle was moved from. It stays this handle's.
  [[nodiscard]] int native() const { return file_ == nullptr ? -1 : file_->machine.get(); }

 private:
  // Destroyed from below: the device, then its VM.
  struct File {
    File(Descriptor<Sys> vm, Descriptor<Sys> link) : machine(std::move(vm)), kvm_vfio(std::move(link)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { closing_waits_for<vfio::group_lock>(this); }
    Descriptor<Sys> machine;
    Descriptor<Sys> kvm_vfio;
  };

  [[nodiscard]] static std::string name_of(const Group& group) { return "group " + std::to_string(group.id()); }
  // KVM_DEV_VFIO_GROUP and its ADD and DEL are what newer headers call KVM_DEV_VFIO_FILE, with the same numbers.
  template <class Handle>
  [[nodiscard]] Result<void> set_attribute(Operation operation, std::uint64_t attribute, const Handle& handle,
                                           std::string object, std::initializer_list<Meaning> known) {
    if (file_ == nullptr || handle.native() < 0) {
      return closed_handle(operation, file_ == nullptr ? "VM" : std::same_as<Handle, Group> ? "group" : "device");
    }
    std::int32_t fd = handle.native();
    kvm_device_attr request{};
    request.group = KVM_DEV_VFIO_GROUP;
    request.attr = attribute;
    request.addr = pointer_argument(fd);
    if (const long done = file_->kvm_vfio.ioctl(KVM_SET_DEVICE_ATTR, pointer_argument(request)); done < 0) {
      return failure(explain(operation, std::move(object), static_cast<int>(-done), known));
    }
    return {};
  }

  std::unique_ptr<File> file_;
};

}  // namespace devlock::linux_host
