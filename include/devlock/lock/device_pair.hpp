// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two locks of a device as a mutex of the Sync policy and a ConfigAccess: what DeviceLock is made of under a policy that says so. For a
// mutex with priority inheritance, or one that a debugger or the model checker knows: it tells who holds it, and so a deadlock from a
// lost wakeup.
//
//   struct VmmSync : StdSync { using mutex = MyMutex; static constexpr bool device_lock_has_mutex = true; };
//
// Everything else has both in one word, device_word.hpp: smaller, and one atomic operation for both.
#pragma once

#include "devlock/config.hpp"
#include "devlock/lock/config_access.hpp"
#include "devlock/lock/device_word.hpp"

namespace devlock {

template <Sync S>
class DevicePair {
 public:
  DevicePair() = default;
  DevicePair(const DevicePair&) = delete;
  DevicePair& operator=(const DevicePair&) = delete;

  // The mutex may be annotated itself, and is taken here to be given back elsewhere.
  [[nodiscard]] bool try_lock(DeviceParts parts) DEVLOCK_UNANALYSED {
    const bool takes_device = parts != DeviceParts::config;
    if (takes_device && !device_.try_lock()) {
      return false;
    }
    if (parts == DeviceParts::device || config_.try_lock()) {
      return true;
    }
    if (takes_device) {
      device_.unlock();
    }
    return false;
  }
  void lock(DeviceParts parts) DEVLOCK_UNANALYSED {
    if (parts != DeviceParts::config) {
      device_.lock();
    }
    if (parts != DeviceParts::device) {
      config_.lock();
    }
  }
  void unlock(DeviceParts parts) DEVLOCK_UNANALYSED {
    if (parts != DeviceParts::device) {
      config_.unlock();
    }
    if (parts != DeviceParts::config) {
      device_.unlock();
    }
  }

  /// The two themselves; what is done with them is outside the order.
  template <DeviceParts part>
  [[nodiscard]] auto& native() noexcept {
    if constexpr (part == DeviceParts::device) {
      return device_;
    } else {
      return config_;
    }
  }

 private:
  typename S::mutex device_;
  ConfigAccess<S> config_;
};

}  // namespace devlock
