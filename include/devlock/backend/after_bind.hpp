// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Just after a bind, ENODEV or ENOENT may be transient: the node of the group or of the device is published before the device
// joins its group, and udev makes it later still. The policy that ends it is the caller's, of order/retry.hpp, and finite by
// its type.
//
//   auto group = after_bind(context, Attempts{50}, [&](auto own) { own.assume(); return host.open_group(own, number); });
//
// It waits, for whoever registers the device under its device_lock: so it takes the context of a wait for that lock.
// Not checked: that there was a bind. Without one it delays the answer that a device is not there.
// Source: vfio_register_group_dev in drivers/vfio/vfio_main.c; SPDK and OpenVMM, which wait for the same.
#pragma once

#include <cerrno>
#include <type_traits>

#include "devlock/backend/error.hpp"
#include "devlock/order/retry.hpp"
#include "devlock/vfio/order.hpp"

namespace devlock {

/// Whether the kernel may answer otherwise in a moment, if the device was bound just now: only opening can.
constexpr bool transient_after_bind(const Error& error) {
  const bool opens = error.operation == Operation::open_group || error.operation == Operation::open_device ||
                     error.operation == Operation::open_cdev;
  return opens && (error.error_number == ENODEV || error.error_number == ENOENT);
}

/// The answer of `attempt(context)`; repeated while that is transient and `policy(failures)` is true. The last answer if it is not.
template <FinitePolicy Policy, class Attempt>
[[nodiscard]] std::invoke_result_t<Attempt&, vfio::ContextFor<vfio::device_lock>> after_bind(
    vfio::ContextFor<vfio::device_lock> context, Policy policy, Attempt attempt) DEVLOCK_REQUIRES(context) {
  for (unsigned failures = 0;;) {
    auto answer = attempt(context.again());
    if (answer || !transient_after_bind(answer.error()) || !policy(++failures)) {
      return answer;
    }
  }
}

}  // namespace devlock
