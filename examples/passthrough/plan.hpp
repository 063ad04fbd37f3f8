// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is known before anything is touched: the device as it is, whether it can be passed through at all, and which other
// functions of its IOMMU group a host driver has. And, at the end, whether the device is again as it was.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "devlock/backend/concept.hpp"

namespace passthrough {

inline constexpr const char* vfio_driver = "vfio-pci";
using MayWaitForDevice = devlock::vfio::ContextFor<devlock::vfio::device_lock>;

struct Plan {
  devlock::DeviceInfo before{};                  ///< the device, as it was found
  std::string before_override{};                 ///< and its driver_override
  std::vector<devlock::DeviceInfo> elsewhere{};  ///< functions of its group that a host driver has
};

namespace detail {
// These drivers do no DMA of their own: driver_managed_dma in the kernel.
inline bool in_the_way(const devlock::DeviceInfo& member) {
  return !member.is_bridge && !member.driver.empty() && member.driver != vfio_driver && member.driver != "pci-stub" &&
         member.driver != "pcieport";
}
inline devlock::Result<void> check_device(const devlock::DeviceInfo& device) {
  const auto refuse = [&](const char* reason, const char* remedy) {
    return devlock::failure(
        devlock::make_error(devlock::Operation::claim_group, to_string(device.address), EOPNOTSUPP, reason, remedy));
  };
  if (device.is_bridge) {
    return refuse("it is a bridge", "choose a device below it, see --list");
  }
  if (device.iommu_group < 0) {
    return refuse("it is in no IOMMU group", "switch the IOMMU on (intel_iommu=on, or in the firmware's setup)");
  }
  if (!device.resettable) {
    return refuse("it has no function reset, and this program resets functions", "choose another, see --list");
  }
  return {};
}
}  // namespace detail

/// Errors: no such device, or one that cannot be passed through and reset.
template <devlock::Backend Host>
devlock::Result<Plan> make_plan(MayWaitForDevice context, Host& host, devlock::pci::Address address)
    DEVLOCK_REQUIRES(context) {
  auto device = host.device(address);
  if (!device) {
    return devlock::failure(device.error());
  }
  if (auto possible = detail::check_device(*device); !possible) {
    return devlock::failure(possible.error());
  }
  auto members = host.group_members(device->iommu_group);
  if (!members) {
    return devlock::failure(members.error());
  }
  auto only = host.driver_override(context.again(), address);
  if (!only) {
    return devlock::failure(only.error());
  }
  Plan plan{std::move(*device), std::move(*only), {}};
  for (devlock::DeviceInfo& member : *members) {
    if (member.address != address && detail::in_the_way(member)) {
      plan.elsewhere.push_back(std::move(member));
    }
  }
  return plan;
}

/// EPERM, not owned, names the functions of the group that a host driver has, unless they are to be bound as well.
inline devlock::Result<void> check_group(const Plan& plan, bool whole_group) {
  std::string names;
  for (const devlock::DeviceInfo& other : plan.elsewhere) {
    names += (names.empty() ? "" : ", ") + to_string(other.address) + " is bound to " + other.driver;
  }
  if (names.empty() || whole_group) {
    return {};
  }
  return devlock::failure(devlock::make_error(devlock::Operation::claim_group,
                                              "group " + std::to_string(plan.before.iommu_group), EPERM, names,
                                              "--whole-group binds the whole group to vfio-pci while this runs"));
}

/// EIO: the device has another driver or driver_override than before.
template <devlock::Backend Host>
devlock::Result<void> check_given_back(MayWaitForDevice context, Host& host, const Plan& plan)
    DEVLOCK_REQUIRES(context) {
  const auto now = host.device(plan.before.address);
  if (!now) {
    return devlock::failure(now.error());
  }
  const auto only = host.driver_override(context.again(), plan.before.address);
  if (!only) {
    return devlock::failure(only.error());
  }
  if (now->driver == plan.before.driver && *only == plan.before_override) {
    return {};
  }
  const auto state = [](const std::string& driver, const std::string& override) {
    return "driver '" + driver + "' and driver_override '" + override + "'";
  };
  return devlock::failure(devlock::make_error(
      devlock::Operation::bind, to_string(plan.before.address), EIO,
      "it had " + state(plan.before.driver, plan.before_override) + ", and now has " + state(now->driver, *only),
      "did somebody else bind it meanwhile?"));
}

}  // namespace passthrough
