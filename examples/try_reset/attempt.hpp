// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The reset of a bus, repeated while the kernel finds one of its locks taken. The kernel tries the locks, resets and gives them
// back within one write, so that the write is the try of one lock, which stands for all of them; devlock::retry repeats it, and
// lets it compile only where waiting for device_lock would.
#pragma once

#include <optional>
#include <utility>

#include "devlock/backend/concept.hpp"
#include "devlock/order/retry.hpp"

namespace try_reset {

/// The kernel's locks of a bridge and of everything below it, taken for the time of a reset.
template <class Host>
class BusLocks {
 public:
  using lock_class = devlock::vfio::device_lock;

  BusLocks(const Host& host, devlock::pci::Address bridge) : host_(host), bridge_(bridge) {}
  [[nodiscard]] const std::optional<devlock::Result<void>>& answer() const { return answer_; }

 private:
  friend class devlock::LockAccess;
  [[nodiscard]] bool try_lock() {
    answer_ = host_.try_reset_bus(bridge_);
    return *answer_ || answer_->error().error_class != devlock::ErrorClass::contended;
  }
  void unlock() {}  // the kernel did, before the write returned

  const Host& host_;
  devlock::pci::Address bridge_;
  std::optional<devlock::Result<void>> answer_;
};

/// Resets the bus below `bridge`. EAGAIN, contended, only if a lock is taken whenever `policy` lets it be tried.
template <class Host, class Policy>
devlock::Result<void> reset_bus(const devlock::vfio::ThreadContext& context, const Host& host,
                                devlock::pci::Address bridge, Policy policy) DEVLOCK_REQUIRES(context) {
  BusLocks<Host> locks(host, bridge);
  (void)devlock::retry(context, locks, std::move(policy), [](const auto&) {});
  return *locks.answer();
}

}  // namespace try_reset
