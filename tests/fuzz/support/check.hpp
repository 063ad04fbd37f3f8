// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What holds of every answer, whatever the kernel said.
#pragma once

#include "devlock/backend/linux/host.hpp"
#include "fuzz/support/hostile.hpp"

namespace fuzz {

using Host = devlock::linux_host::BasicHost<HostileSys>;

inline devlock::linux_host::Paths paths() {
  return {root + "/sys", root + "/dev", root + "/proc"};
}

/// An error is whole; a success says nothing here. Returns whether it was one.
template <class T>
bool whole(const devlock::Result<T>& result) {
  if (result) {
    return true;
  }
  const devlock::Error& error = result.error();
  require(error.error_number != 0, "an error without an errno");
  require(!error.object.empty() && !error.reason.empty(), "an error without an object or a reason");
  require(error.error_class == devlock::classify(error.operation, error.error_number), "an error of another class");
  for (const char c : to_string(error)) {
    require(c >= ' ' && c <= '~', "an error with characters that a terminal obeys");
  }
  return false;
}

inline void sane(const devlock::DeviceInfo& info) {
  require(info.class_code <= 0xffffffU, "a class of more than six digits");
  require(info.address.device < 32 && info.address.function < 8, "an address that is none");
  require(info.iommu_group >= -1, "a group below zero");
  require(info.driver.empty() || devlock::linux_host::valid_driver_name(info.driver), "a driver that is none");
  for (const auto& bridge : info.bridges) {
    require(bridge != info.address, "a function that is its own bridge");
  }
}

}  // namespace fuzz
