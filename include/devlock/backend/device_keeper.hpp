// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A function and its open descriptor in one hand. An unbind takes the kernel's device_lock and then waits for the descriptor:
// whoever has it open and waits for that lock waits for himself, and cannot be killed. So what takes the lock is refused here
// while the descriptor is open; with the unplug asked for, it is refused as gone. What only tries, through the descriptor, is
// not.
//
//   DeviceKeeper<Host, Lock> keeper(host, address, lock);
//   keeper.keep(context, std::move(device));
//   keeper.reset_function(context);                              // EBUSY: its descriptor is open here
//   if (keeper.look().value_or(false)) keeper.close(context);    // and now it may be asked for
//
// Not checked: descriptors of the device that other parts of the program have; two threads that use one keeper at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "devlock/backend/unplug_watch.hpp"

namespace devlock {

/// `Lock` is the program's DeviceLock of the function; host and lock outlive the keeper.
template <class Host, class Lock, OpenDevice Device = typename Host::Group::Device>
class DeviceKeeper {
 public:
  using MayWaitForDevice = vfio::ContextFor<vfio::device_lock>;

  DeviceKeeper(Host& host, pci::Address address, Lock& lock) : host_(&host), address_(address), lock_(&lock) {}
  DeviceKeeper(const DeviceKeeper&) = delete;
  DeviceKeeper& operator=(const DeviceKeeper&) = delete;

  [[nodiscard]] pci::Address address() const { return address_; }
  /// The open device, or null. Operations through it try; keep it where it is.
  [[nodiscard]] Device* session() { return session_ ? &*session_ : nullptr; }

  /// Takes the open device and asks to be told of its unplug. EBUSY: one is kept already. EINVAL: it is another function. If it
  /// fails, `device` is as it was.
  [[nodiscard]] Result<void> keep(vfio::ContextFor<vfio::igate> context, Device&& device) DEVLOCK_REQUIRES(context) {
    if (session_ || device.address() != address_) {
      return failure(session_ ? make_error(Operation::open_device, to_string(address_), EBUSY,
                                           "its descriptor is open here already", "use that one")
                              : make_error(Operation::open_device, to_string(address_), EINVAL,
                                           "the open device is " + to_string(device.address()), "keep it elsewhere"));
    }
    if (auto asked = device.watch_unplug(context.again()); !asked) {
      return asked;
    }
    session_.emplace(std::move(device));
    lock_->revive();
    return {};
  }
  /// Has the kernel asked for the device? Then its lock is revoking. False if no descriptor is kept. Never waits.
  [[nodiscard]] Result<bool> look() {
    if (!session_) {
      return false;
    }
    auto requested = session_->unplug_requested();
    if (requested && *requested) {
      lock_->revoke();
    }
    return requested;
  }
  /// Closes the descriptor: an unbind that waited goes on, and what takes the device_lock may be asked for again. Idempotent.
  [[nodiscard]] Result<void> close(vfio::ContextFor<vfio::group_lock> context) DEVLOCK_REQUIRES(context) {
    if (!session_) {
      return {};
    }
    auto closed = session_->close(context.again());
    session_.reset();
    return closed;
  }

  // What waits for the device_lock. EBUSY, held: the descriptor is open here. ENODEV, gone: and its unplug was asked for. Else
  // as the host's operation of the name.
  [[nodiscard]] Result<void> reset_function(MayWaitForDevice context) DEVLOCK_REQUIRES(context) {
    return refused(Operation::reset_function) ? *refusal_ : host_->reset_function(context.again(), address_);
  }
  [[nodiscard]] Result<void> bind(MayWaitForDevice context, std::string_view driver) DEVLOCK_REQUIRES(context) {
    return refused(Operation::bind) ? *refusal_ : host_->bind(context.again(), address_, driver);
  }
  [[nodiscard]] Result<void> unbind(MayWaitForDevice context) DEVLOCK_REQUIRES(context) {
    return refused(Operation::unbind) ? *refusal_ : host_->unbind(context.again(), address_);
  }
  [[nodiscard]] Result<std::string> probe(MayWaitForDevice context) DEVLOCK_REQUIRES(context) {
    if (refused(Operation::probe)) {
      return failure(refusal_->error());
    }
    return host_->probe(context.again(), address_);
  }
  [[nodiscard]] Result<std::string> driver_override(MayWaitForDevice context) DEVLOCK_REQUIRES(context) {
    if (refused(Operation::set_driver_override)) {
      return failure(refusal_->error());
    }
    return host_->driver_override(context.again(), address_);
  }
  [[nodiscard]] Result<void> set_driver_override(MayWaitForDevice context, std::string_view driver)
      DEVLOCK_REQUIRES(context) {
    return refused(Operation::set_driver_override) ? *refusal_
                                                   : host_->set_driver_override(context.again(), address_, driver);
  }
  /// Anything else that waits for this device_lock: `body(context)`, unless it is refused as above. Its result is body's.
  template <class Body>
  [[nodiscard]] std::invoke_result_t<Body&, MayWaitForDevice> wait_for_device(MayWaitForDevice context,
                                                                              Operation operation, Body body)
      DEVLOCK_REQUIRES(context) {
    if (refused(operation)) {
      return failure(refusal_->error());
    }
    return body(context.again());
  }

 private:
  bool refused(Operation operation) {
    if (!session_) {
      return false;
    }
    const bool requested = look().value_or(false) || lock_->life() != DeviceLife::live;
    refusal_.emplace(failure(
        requested ? make_error(operation, to_string(address_), ENODEV,
                               "its unplug was asked for, and waits for its descriptor, open here", "close it first")
                  : Error{operation, to_string(address_), EBUSY, ErrorClass::held,
                          "its descriptor is open here: an unbind would wait for that, and this for it",
                          "close it first, or reset through it"}));
    return true;
  }

  Host* host_;
  pci::Address address_;
  Lock* lock_;
  std::optional<Device> session_;
  std::optional<Result<void>> refusal_;
};

}  // namespace devlock
