// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// DriverBinding lends a PCI function to another driver, vfio-pci as a rule, and gives it back: the driver and the driver_override
// that it had. Whatever fails on the way, both are put back before the error is returned. One text for every host.
//
//   auto binding = vfio::DriverBinding<Host>::take(context, host, address, "vfio-pci");
//   if (!binding) return failure(binding.error());
//   ...                                              // open, use, close
//   auto given_back = binding->restore(context);     // the destructor does the same and drops the result
//
// Not checked: that every descriptor of the device is closed before it is given back. The unbind on the way waits for them under
// device_lock, and a thread that holds one waits for itself. Declare the binding before the group and the device.
// Nor that nobody else binds and unbinds the same function meanwhile.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "devlock/backend/concept.hpp"

namespace devlock::vfio {

/// What DriverBinding needs of a host. Every Backend has it.
template <class H>
concept DriverHost = requires(H& host, pci::Address address, std::string_view driver, ContextFor<device_lock> context) {
  { host.device(address) } -> std::same_as<Result<DeviceInfo>>;
  { host.driver_override(context, address) } -> std::same_as<Result<std::string>>;
  { host.set_driver_override(context, address, driver) } -> std::same_as<Result<void>>;
  { host.bind(context, address, driver) } -> std::same_as<Result<void>>;
  { host.unbind(context, address) } -> std::same_as<Result<void>>;
  { host.probe(context, address) } -> std::same_as<Result<std::string>>;
};

template <DriverHost Host>
class [[nodiscard]] DriverBinding {
 public:
  using Context = ContextFor<device_lock>;

  /// Binds the function at `address` to `driver`; one that is bound to it already is only remembered. `host` must outlive the
  /// result. An error is that of the step that failed; if putting back failed too, its reason says so.
  /// The destructor waits for the same locks as this, so whoever destroys the result may hold no more than `context` says.
  static Result<DriverBinding> take(Context context, Host& host, pci::Address address, std::string_view driver)
      DEVLOCK_REQUIRES(context) {
    if (driver.empty()) {
      return failure(make_error(Operation::bind, to_string(address), EINVAL, "the name of the driver is empty",
                                "name one, as in vfio-pci"));
    }
    auto before = host.device(address);
    if (!before) {
      return failure(std::move(before.error()));
    }
    auto only = host.driver_override(context.again(), address);
    if (!only) {
      return failure(std::move(only.error()));
    }
    DriverBinding binding(host, address, std::move(before->driver), std::move(*only));
    if (binding.driver_ == driver) {
      return binding;
    }
    if (auto taken = binding.change_to(context.again(), driver); !taken) {
      Error error = std::move(taken.error());
      if (auto back = binding.restore(context.again()); !back && binding.host_ != nullptr) {
        error.reason += "; giving it back failed too: " + to_string(back.error());
      }
      return failure(std::move(error));
    }
    return binding;
  }

  DriverBinding(DriverBinding&& other) noexcept
      : host_(std::exchange(other.host_, nullptr)),
        address_(other.address_),
        driver_(std::move(other.driver_)),
        override_(std::move(other.override_)) {}
  DriverBinding& operator=(DriverBinding&&) = delete;
  ~DriverBinding() {
    if (host_ != nullptr) {
      UncheckedContext<VfioOrder> context("the context of take() bounds what a destructor may wait for");
      (void)restore(context);
    }
  }

  [[nodiscard]] pci::Address address() const { return address_; }
  /// The driver that it is given back to; empty if it had none.
  [[nodiscard]] const std::string& previous_driver() const { return driver_; }
  /// The driver_override that is put back; empty if it had none.
  [[nodiscard]] const std::string& previous_override() const { return override_; }

  /// Gives the function back. Every step is tried even if one before it failed; the first error is returned, and a later call
  /// tries again. Once it succeeded, or the device is gone, there is nothing left to do and calls succeed.
  Result<void> restore(Context context) DEVLOCK_REQUIRES(context) {
    if (host_ == nullptr) {
      return {};
    }
    Result<void> outcome;
    auto now = host_->device(address_);
    keep_first(outcome, now);
    const auto only = host_->driver_override(context.again(), address_);
    keep_first(outcome, only);
    bool override_differs = !only || *only != override_;
    if (now && now->driver != driver_) {
      // The kernel binds only what the override or the driver's table of ids matches, and the binding may be older than both.
      if (!driver_.empty()) {
        keep_first(outcome, host_->set_driver_override(context.again(), address_, driver_));
        override_differs = true;
      }
      if (!now->driver.empty()) {
        keep_first(outcome, host_->unbind(context.again(), address_));
      }
      if (!driver_.empty()) {
        keep_first(outcome, host_->bind(context.again(), address_, driver_));
      }
    }
    if (override_differs) {
      keep_first(outcome, host_->set_driver_override(context.again(), address_, override_));
    }
    if (outcome || outcome.error().error_class == ErrorClass::gone) {
      // A driver that is gone is no reason to give up on a device that is not.
      if (outcome || !host_->device(address_)) {
        host_ = nullptr;
      }
    }
    return outcome;
  }

 private:
  DriverBinding(Host& host, pci::Address address, std::string driver, std::string override)
      : host_(&host), address_(address), driver_(std::move(driver)), override_(std::move(override)) {}

  Result<void> change_to(Context context, std::string_view driver) DEVLOCK_REQUIRES(context) {
    if (auto set = host_->set_driver_override(context.again(), address_, driver); !set) {
      return set;
    }
    if (!driver_.empty()) {
      if (auto left = host_->unbind(context.again(), address_); !left) {
        return left;
      }
    }
    auto bound = host_->probe(context.again(), address_);
    if (!bound) {
      return failure(std::move(bound.error()));
    }
    if (*bound != driver) {
      const std::string wanted(driver);
      return failure(make_error(
          Operation::probe, to_string(address_), ENODEV,
          bound->empty() ? "driver " + wanted + " did not take it" : "driver " + *bound + " took it, not " + wanted,
          "is the driver there? modprobe " + wanted));
    }
    return {};
  }

  template <class T>
  static void keep_first(Result<void>& outcome, const Result<T>& step) {
    if (outcome && !step) {
      outcome = failure(step.error());
    }
  }

  Host* host_;
  pci::Address address_;
  std::string driver_;
  std::string override_;
};

}  // namespace devlock::vfio
