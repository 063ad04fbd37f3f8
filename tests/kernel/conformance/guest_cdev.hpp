// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the tests of devices that are opened by themselves share: one that is open, and one that is bound to an
// iommufd of its own.
#pragma once

#include <utility>

#include "kernel/guest.hpp"

namespace guest {

using Iommufd = devlock::linux_host::BasicIommufd<devlock::linux_host::PosixSys>;
using Ioas = devlock::linux_host::BasicIoas<devlock::linux_host::PosixSys>;
using Cdev = devlock::linux_host::BasicCdev<devlock::linux_host::PosixSys>;

/// Its own descriptor; not bound yet.
inline Cdev opened(Host& host, Context& context, Address address) DEVLOCK_REQUIRES(context) {
  return value(host.open_cdev(context, address));
}
/// Bound to an iommufd of its own.
struct Bound {
  Iommufd iommufd;
  Cdev device;
  static Bound open(Host& host, Context& context, Address address) DEVLOCK_REQUIRES(context) {
    Iommufd iommufd = value(host.open_iommufd());
    Cdev device = opened(host, context, address);
    value(device.bind(context, iommufd));
    return {std::move(iommufd), std::move(device)};
  }
};

}  // namespace guest
