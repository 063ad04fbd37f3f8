// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An open device: what VFIO_GROUP_GET_DEVICE_FD gives. It keeps its group's descriptor alive, so the group may be closed before it.
// A reset through it tries and never waits for the device lock, because an unbind may hold that and wait for this very descriptor.
// Not checked: one handle is used by several threads at once while one of them closes it; let the others return first.
// Source: drivers/vfio/vfio_main.c, drivers/vfio/pci/vfio_pci_core.c.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "devlock/backend/sim/reset_target.hpp"

namespace devlock::sim {

template <Sync S>
class Device {
 public:
  using User = typename VfioDevice<S>::Users::User;
  /// An unbind waits for its end.
  using lifetime_class = vfio::open_device;

  /// For Group::open_device.
  Device(std::shared_ptr<GroupFile<S>> file, std::shared_ptr<VfioDevice<S>> device, User user)
      : address_(device->function.address()),
        open_(std::in_place, Open{std::move(file), std::move(device), std::move(user), false}) {}
  Device(Device&& other) noexcept : address_(other.address_), open_(std::exchange(other.open_, std::nullopt)) {}
  Device& operator=(Device&& other) noexcept {
    if (this != &other) {
      drop();
      address_ = other.address_;
      open_ = std::exchange(other.open_, std::nullopt);
    }
    return *this;
  }
  /// Closes it. Waits for group_lock, as close() does and as the context of open_device says.
  ~Device() { drop(); }

  [[nodiscard]] pci::Address address() const { return address_; }

  /// VFIO_DEVICE_RESET. EINVAL: no function reset. EAGAIN: the device lock is taken, by an unbind that waits for this
  /// descriptor for example. Waits for memory_lock. Nothing is touched if it fails.
  [[nodiscard]] Result<void> reset(vfio::ContextFor<vfio::memory_lock> context) DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed(Operation::reset_device));
    }
    VfioDevice<S>& device = *open_->device;
    auto& machine = *open_->file->machine();
    auto scope = scope_without_bridge(device.function);
    ResetTarget<S> target(machine, Operation::reset_device);
    if (!device.reset_works.get()) {
      return failure(make_error(Operation::reset_device, name(), EINVAL, "the function has no reset that works",
                                "reset the bus that it is on"));
    }
    Guard memory{context, device.memory_lock};
    auto done = pci::try_reset(memory, target, scope);
    if (done) {
      return done;
    }
    Error error = std::move(done).error();
    if (device.function.lock().life() != DeviceLife::live) {
      error.reason = "an unbind holds the device and waits for this descriptor";
      error.remedy = "close it";
    }
    return failure(make_error(Operation::reset_device, name(), error.error_number, error.reason, error.remedy));
  }

  /// Asks to be told of an unplug; at once if one was asked for already. Idempotent.
  [[nodiscard]] Result<void> watch_unplug(vfio::ContextFor<vfio::igate> context) DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed(Operation::watch_unplug));
    }
    if (const int error_number = open_->file->machine()->faults.take(Operation::watch_unplug, address_)) {
      return failure(make_error(Operation::watch_unplug, name(), error_number, "a fault was injected", "try again"));
    }
    open_->device->watch(context.again());
    open_->watching = true;
    return {};
  }
  /// Was an unplug asked for? EINVAL without watch_unplug. Never waits.
  [[nodiscard]] Result<bool> unplug_requested() {
    if (!open_) {
      return failure(closed(Operation::watch_unplug));
    }
    if (!open_->watching) {
      return failure(make_error(Operation::watch_unplug, name(), EINVAL, "nobody asked to be told of an unplug",
                                "call watch_unplug first"));
    }
    return open_->device->told();
  }

  /// Closes the descriptor. The last close resets the function if it can without waiting. EBADF: closed already.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed(Operation::close_device));
    }
    shut(context.again());
    return {};
  }

 private:
  struct Open {
    std::shared_ptr<GroupFile<S>> file;
    std::shared_ptr<VfioDevice<S>> device;
    User user;
    bool watching;
  };

  [[nodiscard]] std::string name() const { return pci::to_string(address_); }
  [[nodiscard]] Error closed(Operation operation) const {
    return make_error(operation, name(), EBADF, "the device is closed", "open it again");
  }
  void drop() {
    if (open_) {
      UncheckedContext<vfio::VfioOrder> context("the context of open_device bounds what a destructor may wait for");
      shut(context);
    }
  }
  void shut(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    Open open = std::move(*open_);
    open_.reset();
    VfioDevice<S>& device = *open.device;
    {
      Guard group{context, device.group->group_lock};
      Guard set{group, device.function.device_set->lock};
      device.open_count.set(device.open_count.get() - 1U);
      device.group->container_users.set(device.group->container_users.get() - 1U);
      if (device.open_count.get() == 0U) {
        last_close(set, *open.file->machine(), device);
      }
    }
    open.user.leave();  // an unbind that waits goes on from here
  }
  // vfio_pci_core_disable: a reset if the lock is free, and no harm if it is not.
  template <LockContext Context>
  static void last_close(const Context& context, Machine<S>& machine, VfioDevice<S>& device) DEVLOCK_REQUIRES(context) {
    device.function.registers.disable();
    if (device.reset_works.get()) {
      auto scope = scope_without_bridge(device.function);
      auto target = ResetTarget<S>::unasked(machine);
      (void)pci::try_reset(context, target, scope).has_value();
    }
    device.vm.reset();
  }

  pci::Address address_;
  std::optional<Open> open_;
};

}  // namespace devlock::sim
