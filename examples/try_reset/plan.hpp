// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a reset would touch, from sysfs, without changing anything: the attribute that is written, and every function that loses its
// state by it. A physical function takes its virtual ones along, a bridge all that is below it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "devlock/backend/linux/host.hpp"
#include "options.hpp"

namespace try_reset {

using devlock::DeviceInfo;
using devlock::Result;
using devlock::pci::Address;

struct Plan {
  DeviceInfo target{};
  Scope scope = Scope::function;
  Address written{};                   ///< the function, or the bridge, whose attribute is written
  std::string attribute{};             ///< its path
  std::vector<DeviceInfo> affected{};  ///< the target and everything that is reset with it, by address
};

namespace detail {
inline bool is_below(const DeviceInfo& info, Address bridge) {
  return std::find(info.bridges.begin(), info.bridges.end(), bridge) != info.bridges.end();
}

template <class Sys>
class Planner {
 public:
  using Host = devlock::linux_host::BasicHost<Sys>;
  using Sysfs = devlock::linux_host::Sysfs<Sys>;
  Planner(const Host& host, const Sysfs& sysfs, const Options& options)
      : host_(host), sysfs_(sysfs), options_(options) {}

  Result<Plan> make() {
    auto all = host_.devices();  // first: where nothing is listed, a device is not missed but sysfs
    if (!all) {
      return devlock::failure(std::move(all.error()));
    }
    auto target = host_.device(options_.device);
    if (!target) {
      return devlock::failure(std::move(target.error()));
    }
    plan_.target = std::move(*target);
    plan_.scope = options_.scope;
    if (auto possible = options_.scope == Scope::function ? choose_function() : choose_bridge(); !possible) {
      return devlock::failure(std::move(possible.error()));
    }
    if (auto possible = options_.scope == Scope::slot ? check_slot(*all) : Result<void>(); !possible) {
      return devlock::failure(std::move(possible.error()));
    }
    for (DeviceInfo& info : *all) {
      if (is_affected(info)) {
        plan_.affected.push_back(std::move(info));
      }
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] devlock::Failure unsupported(Address address, std::string reason, std::string remedy) const {
    return devlock::failure(devlock::make_error(operation_of(options_.scope), to_string(address), ENOTTY,
                                                std::move(reason), std::move(remedy)));
  }
  Result<void> choose_function() {
    if (!plan_.target.resettable) {
      return unsupported(plan_.target.address, "it has no function reset",
                         plan_.target.bridges.empty() ? "see whether its driver or its vendor has one"
                                                      : "try --scope slot or --scope bus");
    }
    plan_.written = plan_.target.address;
    plan_.attribute = sysfs_.device(plan_.written) + "/reset";
    return {};
  }
  Result<void> choose_bridge() {
    if (plan_.target.bridges.empty()) {
      return unsupported(plan_.target.address, "it is on a root bus, and no bridge above it could reset that",
                         plan_.target.resettable ? "try --scope function" : "see whether its driver has a reset");
    }
    plan_.written = plan_.target.bridges.back();
    plan_.attribute = sysfs_.device(plan_.written) + "/reset_subordinate";
    const auto there = sysfs_.exists(plan_.attribute);
    if (there && !*there) {
      return unsupported(
          plan_.written, "this kernel does not offer to reset the bus below a bridge",
          plan_.target.resettable ? "use a newer kernel, or try --scope function" : "use a newer kernel");
    }
    return {};
  }
  // What the kernel resets is a bus. It is the slot as well if nothing else is on it.
  [[nodiscard]] Result<void> check_slot(const std::vector<DeviceInfo>& all) const {
    std::string others;
    for (const DeviceInfo& info : all) {
      if (info.bridges == plan_.target.bridges && !info.address.same_slot(plan_.target.address)) {
        others += (others.empty() ? "" : ", ") + to_string(info.address);
      }
    }
    return others.empty()
               ? Result<void>()
               : unsupported(plan_.target.address, "its bus has other slots: " + others, "--scope bus resets them too");
  }
  [[nodiscard]] bool is_affected(const DeviceInfo& info) const {
    if (options_.scope != Scope::function) {
      return is_below(info, plan_.written);
    }
    if (info.address == plan_.target.address || is_below(info, plan_.target.address)) {
      return true;
    }
    const auto physical = sysfs_.link(sysfs_.device(info.address) + "/physfn");
    return physical && devlock::linux_host::last_component(*physical) == to_string(plan_.target.address);
  }

  const Host& host_;
  const Sysfs& sysfs_;
  const Options& options_;
  Plan plan_;
};
}  // namespace detail

/// Errors: no such device, and no such reset of it (unsupported).
template <class Sys>
Result<Plan> make_plan(const devlock::linux_host::BasicHost<Sys>& host, const devlock::linux_host::Sysfs<Sys>& sysfs,
                       const Options& options) {
  return detail::Planner<Sys>(host, sysfs, options).make();
}

}  // namespace try_reset
