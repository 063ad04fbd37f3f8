// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The config-access block of a function, as pci_cfg_access_lock has it: a flag without an owner. Whoever blocked access may have
// somebody else unblock it; taking it twice waits for itself. It stops config accesses and other blockers, nothing else.
// Not checked: that the block outlives the call of unlock that another thread waited for.
// Source: drivers/pci/access.c.
#pragma once

#include <atomic>

#include "devlock/sync/concept.hpp"

namespace devlock {

template <Sync S>
class ConfigAccess {
 public:
  ConfigAccess() = default;
  ConfigAccess(const ConfigAccess&) = delete;
  ConfigAccess& operator=(const ConfigAccess&) = delete;

  void lock() {
    while (!try_lock()) {
      blocked_.wait(1U, std::memory_order_relaxed);  // the exchange in try_lock is what synchronises
    }
  }
  [[nodiscard]] bool try_lock() {
    return blocked_.exchange(1U, std::memory_order_acquire) == 0U;  // pairs with the store in unlock
  }
  void unlock() {
    blocked_.store(0U, std::memory_order_release);  // pairs with the exchange in try_lock
    blocked_.notify_all();
  }

 private:
  typename S::template atomic<unsigned> blocked_{0U};
};

}  // namespace devlock
