// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Who drives a function, through sysfs: driver_override, bind, unbind, probe; and the resets that sysfs offers. What waits
// for the kernel's device_lock takes a ContextFor it. An unbind of a VFIO driver waits until every descriptor of the device
// is closed and cannot be called off; between an unplug request and the close, nothing here but try_reset_bus may be started.
// Not checked: that the device is not in use by somebody; sysfs `reset` does not look at VFIO's owners either.
// Source: drivers/base/bus.c, drivers/base/dd.c, drivers/pci/pci-sysfs.c, drivers/pci/pci-driver.c.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "devlock/backend/linux/explain_device.hpp"

namespace devlock::linux_host {

template <SystemCalls Sys>
class DriverCore {
 public:
  using MayWaitForDevice = vfio::ContextFor<vfio::device_lock>;

  explicit DriverCore(Inventory<Sys> inventory) : inventory_(std::move(inventory)) {}

  /// The only driver that may bind to this function; empty if any may that matches it.
  [[nodiscard]] Result<std::string> driver_override(MayWaitForDevice context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    auto now = inventory_.override_of(context.again(), address);
    if (!now) {
      return fail(Operation::set_driver_override, address, left_as_absent(now.error()), {});
    }
    return std::move(*now);
  }
  /// Only `driver` may bind to this function from now on; an empty one takes that back. Reads back what the kernel kept;
  /// if that fails, or somebody else changed it, the error leaves it as it is.
  [[nodiscard]] Result<void> set_driver_override(MayWaitForDevice context, pci::Address address,
                                                 std::string_view driver) const DEVLOCK_REQUIRES(context) {
    constexpr auto operation = Operation::set_driver_override;
    if (!driver.empty() && !valid_driver_name(driver)) {
      return bad_driver_name(operation, address, driver);
    }
    const auto written = sysfs().write(sysfs().device(address) + "/driver_override", driver.empty() ? "\n" : driver);
    if (!written) {
      return fail(operation, address, left_as_absent(written.error()),
                  {{EINVAL, "the kernel refuses this driver name", ""}});
    }
    const auto kept = inventory_.override_of(context.again(), address);
    if (!kept) {
      return fail(operation, address, left_as_absent(kept.error()), {});
    }
    if (*kept != driver) {
      return failure(make_error(operation, to_string(address), EIO,
                                "it reads " + in_quotes(*kept) + " after it was set",
                                "end the program that sets it too"));
    }
    return {};
  }

  /// Binds `driver`, which must match the function by its ids or by driver_override. Waits for the probe.
  [[nodiscard]] Result<void> bind(MayWaitForDevice context, pci::Address address, std::string_view driver) const
      DEVLOCK_REQUIRES(context) {
    if (!valid_driver_name(driver)) {
      return bad_driver_name(Operation::bind, address, driver);
    }
    const auto written = sysfs().write(sysfs().driver(driver) + "/bind", to_string(address));
    if (written) {
      return {};
    }
    return failure(why_not_bound(context.again(), address, std::string(driver), written.error()));
  }

  /// Unbinds whatever drives the function. Waits while a VFIO descriptor of it is open, and nothing ends that wait but
  /// the close: run it in a thread that may be left behind. ENODEV if nothing is bound.
  [[nodiscard]] Result<void> unbind([[maybe_unused]] MayWaitForDevice context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    const auto written = sysfs().write(sysfs().device(address) + "/driver/unbind", to_string(address));
    if (written) {
      return {};
    }
    // A file that is not there means the same as the kernel's ENODEV: no driver, or no function.
    return fail(Operation::unbind, address, written.error() == ENOENT ? ENODEV : written.error(),
                {{ENODEV, "no driver is bound to it, or another one since", "there is nothing to unbind"}});
  }

  /// Lets the kernel look for a driver. The driver bound now, or empty if none matched.
  [[nodiscard]] Result<std::string> probe([[maybe_unused]] MayWaitForDevice context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    if (const auto written = sysfs().write(sysfs().drivers_probe(), to_string(address)); !written) {
      return fail(
          Operation::probe, address, written.error(),
          {{EINVAL, "a driver matched but its probe failed; host drivers are refused while a user owns the IOMMU group",
            "close the group first; the kernel log (dmesg) has the driver's own words"},
           {EAGAIN, "the driver deferred its probe", "load what it waits for"}});
    }
    auto driver = inventory_.driver_of(address);
    if (!driver) {
      return fail(Operation::probe, address, driver.error(), {});
    }
    return std::move(*driver);
  }

  /// Resets the function. Waits for the device_lock of the bridge above and of the function.
  [[nodiscard]] Result<void> reset_function([[maybe_unused]] MayWaitForDevice context, pci::Address address) const
      DEVLOCK_REQUIRES(context) {
    return write_reset(Operation::reset_function, address, "reset", "it has no function reset",
                       "try a bus reset at the bridge above it");
  }

  /// Resets the bus below this bridge. Only tries the locks of the bridge and of everything below it: EAGAIN if one is taken.
  [[nodiscard]] Result<void> try_reset_bus(pci::Address bridge) const {
    return write_reset(Operation::reset_bus, bridge, "reset_subordinate",
                       "it is no bridge, or the bus below cannot be reset",
                       "name the bridge above the device; see lspci -t");
  }

 private:
  [[nodiscard]] const Sysfs<Sys>& sysfs() const { return inventory_.sysfs(); }

  [[nodiscard]] Failure fail(Operation operation, pci::Address address, int error_number,
                             std::initializer_list<Meaning> known) const {
    return failure(explain_device(inventory_, operation, address, error_number, known));
  }
  [[nodiscard]] static Failure bad_driver_name(Operation operation, pci::Address address, std::string_view driver) {
    return failure(make_error(operation, to_string(address), EINVAL, in_quotes(driver) + " is no driver name",
                              "name a directory of /sys/bus/pci/drivers, such as vfio-pci"));
  }
  [[nodiscard]] Error why_not_bound(MayWaitForDevice context, pci::Address address, const std::string& driver,
                                    int error_number) const DEVLOCK_REQUIRES(context) {
    Error error = explain_device(
        inventory_, Operation::bind, address, error_number,
        {{EAGAIN, "the driver deferred its probe", "load what it waits for; see the kernel log (dmesg)"}});
    if (error_number == ENOENT && !sysfs().exists(sysfs().driver(driver)).value_or(false)) {
      error.reason = "the kernel has no PCI driver " + driver;
      error.remedy = "load it: modprobe " + driver;
    } else if (error_number == ENODEV && inventory_.present(address)) {
      const std::string only = inventory_.override_of(context.again(), address).value_or(std::string());
      error.reason = only.empty() || only == driver ? "driver " + driver + " does not match it, or its probe refused it"
                                                    : "its driver_override admits " + in_quotes(only) + " only";
      error.remedy = only == driver ? "see the kernel log (dmesg)" : "set driver_override to " + driver + " first";
    } else if (error_number == EBUSY) {
      const std::string bound = inventory_.driver_of(address).value_or(std::string());
      // VFIO does not take a physical function while it has virtual ones.
      const bool virtuals = sysfs().exists(sysfs().device(address) + "/virtfn0").value_or(false);
      error.reason = !bound.empty() ? "it is bound to " + bound
                     : virtuals     ? "it has virtual functions, or a user owns its IOMMU group"
                                    : "a user owns its IOMMU group";
      error.remedy = bound == driver  ? ""
                     : !bound.empty() ? "unbind it from " + bound + " first"
                     : virtuals       ? "write 0 to its sriov_numvfs first, under the driver that made them"
                                      : "close that group first";
    }
    return error;
  }
  // A file whose function left after it was opened answers ENODEV (kernfs), one that is opened later ENOENT: one errno for both.
  static int left_as_absent(int error_number) { return error_number == ENODEV ? ENOENT : error_number; }
  [[nodiscard]] Result<void> write_reset(Operation operation, pci::Address address, const char* attribute,
                                         const char* unsupported, const char* remedy) const {
    const auto written = sysfs().write(sysfs().device(address) + '/' + attribute, "1");
    if (written) {
      return {};
    }
    const bool missing = written.error() == ENOENT && inventory_.present(address);
    return fail(operation, address, missing ? ENOTTY : written.error(),
                {{ENOTTY, unsupported, remedy},
                 {EAGAIN, "the lock of a function that it touches is taken", "try again once that operation is done"},
                 {EPERM, "this process lacks CAP_SYS_ADMIN", "run it as root"}});
  }

  Inventory<Sys> inventory_;
};

}  // namespace devlock::linux_host
