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

#include "devlock/backend/sim/hot_reset.hpp"
#include "devlock/backend/sim/reset_target.hpp"

namespace devlock::sim {

template <Sync S>
class Group;

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

  /// VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: the functions that a hot reset affects, if they are no more than `room`. ENODEV: nothing can
  /// be reset there. ENOSPC: more than `room`. EAGAIN: a function came or left meanwhile.
  [[nodiscard]] Result<std::vector<DeviceInfo>> hot_reset_info(vfio::ContextFor<vfio::dev_set_lock> context,
                                                               std::size_t room) DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed(Operation::hot_reset_info));
    }
    const auto scope = affected();
    if (!scope) {
      return failure(
          make_error(Operation::hot_reset_info, name(), ENODEV, "no bridge is above it", "reset the function"));
    }
    auto& machine = *open_->file->machine();
    if (!machine.profile().hot_reset_info_waits) {
      return list_affected(machine, *scope, room);
    }
    auto waiting = open_->device->function.device_set->waits_for_lock.enter();
    Guard set{context, open_->device->function.device_set->lock};
    waiting.leave();
    return list_affected(machine, *scope, room);
  }
  /// VFIO_DEVICE_PCI_HOT_RESET, with the groups that prove what the caller owns. ENODEV: nothing can be reset there. EINVAL: no group, more
  /// groups than functions, or a function that is affected and not the caller's. EBADF: a group that is closed. EBUSY: a memory_lock is
  /// taken. EAGAIN: a device lock is, or a function came or left. Waits for dev_set_lock, and for the memory_lock of a device of the set
  /// that is not open.
  [[nodiscard]] Result<void> hot_reset(vfio::ContextFor<vfio::dev_set_lock> context, std::span<Group<S>* const> groups)
      DEVLOCK_REQUIRES(context) {
    if (!open_) {
      return failure(closed(Operation::hot_reset));
    }
    const auto scope = affected();
    if (!scope) {
      return failure(make_error(Operation::hot_reset, name(), ENODEV, "no bridge is above it", "reset the function"));
    }
    if (groups.empty() || groups.size() > scope->affected().size()) {
      return failure(
          make_error(Operation::hot_reset, name(), EINVAL,
                     groups.empty() ? "no group is named" : "more groups are named than functions are affected",
                     "name the open group of each function that is affected, once"));
    }
    std::vector<const VfioGroup<S>*> owned;
    for (const Group<S>* group : groups) {
      if (group->file() == nullptr) {
        return failure(make_error(Operation::hot_reset, name(), EBADF, "a group that is named is closed",
                                  "name the open group of each function that is affected, once"));
      }
      owned.push_back(&group->file()->group());
    }
    HotResetSet<S> set(*open_->device->function.device_set, *scope, std::move(owned));
    ResetTarget<S> target(*open_->file->machine(), Operation::hot_reset);
    return vfio::hot_reset(context, set, target, *scope);
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
  [[nodiscard]] auto affected() const { return open_->file->machine()->scope(pci::ScopeKind::bus, address_); }
  [[nodiscard]] Error closed(Operation operation) const {
    return make_error(operation, name(), EBADF, "the device is closed", "open it again");
  }
  template <class Scope>
  Result<std::vector<DeviceInfo>> list_affected(Machine<S>& machine, const Scope& scope, std::size_t room) {
    if (const int error_number = machine.faults.take(Operation::hot_reset_info, address_)) {
      return failure(make_error(Operation::hot_reset_info, name(), error_number, "a fault was injected", "try again"));
    }
    if (scope.affected().size() > room) {
      return failure(make_error(Operation::hot_reset_info, name(), ENOSPC,
                                "the reset affects " + std::to_string(scope.affected().size()) + " functions",
                                "ask again with room for them"));
    }
    if (const auto now = affected(); !now || !now->lists_the_same(scope)) {
      return failure(make_error(Operation::hot_reset_info, name(), EAGAIN,
                                "a function came to the bus or left it meanwhile", "ask again"));
    }
    std::vector<DeviceInfo> all;
    for (const pci::Address address : scope.affected()) {
      if (const Function<S>* function = machine.find(address)) {
        all.push_back(machine.describe(*function));
      }
    }
    return all;
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
    const Profile& kernel = open.file->machine()->profile();
    const auto leave_container = [&] { device.group->container_users.set(device.group->container_users.get() - 1U); };
    if (kernel.set_lock_first) {
      const Guard passes{context, device.function.device_set->lock};
    }
    {
      Guard group{context, device.group->group_lock};
      Guard set{group, device.function.device_set->lock};
      if (!kernel.leaves_container_last) {
        leave_container();
      }
      device.opens.close(set, [&](const auto& inside, VmState<S>*) {
        inside.assume();
        last_close(inside, *open.file->machine(), device);
      });
    }
    if (kernel.leaves_container_last) {
      const Guard group{context, device.group->group_lock};
      leave_container();
    }
    open.user.leave();  // an unbind that waits goes on from here
  }
  // vfio_pci_core_disable: out of low power under memory_lock, then a reset if the lock is free, and no harm if it is not.
  template <LockContext Context>
  static void last_close(const Context& context, Machine<S>& machine, VfioDevice<S>& device) DEVLOCK_REQUIRES(context) {
    device.wake(context);
    device.function.registers.disable();
    device.needs_reset.set(true);
    auto target = ResetTarget<S>::unasked(machine);
    if (device.reset_works.get()) {
      auto scope = scope_without_bridge(device.function);
      device.needs_reset.set(!pci::try_reset(context, target, scope).has_value());
    }
    reset_set(context, machine, device);
  }
  // vfio_pci_dev_set_try_reset: nobody has a device of the set open any more, and one of them was not reset.
  template <LockContext Context>
  static void reset_set(const Context& context, Machine<S>& machine, VfioDevice<S>& closing) DEVLOCK_REQUIRES(context) {
    const auto scope = machine.scope(pci::ScopeKind::bus, closing.function.address());
    if (!scope) {
      return;
    }
    HotResetSet<S> set(*closing.function.device_set, *scope, {});
    if (!set.list() || !set.left_without_reset(closing) || !set.wake(context)) {
      return;
    }
    auto target = ResetTarget<S>::unasked(machine);
    if (pci::try_reset(context, target, *scope)) {
      set.was_reset();
    }
  }

  pci::Address address_;
  std::optional<Open> open_;
};

}  // namespace devlock::sim
