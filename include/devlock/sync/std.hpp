// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The Sync policy of production: the standard library. std::mutex::try_lock may fail spuriously by the letter of the
// standard; the pthread mutex below it does not (POSIX: EBUSY only if it is locked), and HierarchicalTryLock's promise
// that one racer succeeds rests on that.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "devlock/config.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock {

struct StdSync {
  template <class T>
  using atomic = std::atomic<T>;
  using mutex = std::mutex;
  using shared_mutex = std::shared_mutex;

  /// Plain shared data. The checker's policy sees its races; here it is a member and nothing more.
  template <class T>
  class var {
   public:
    var() = default;
    explicit var(T value) : value_(std::move(value)) {}
    [[nodiscard]] const T& get() const noexcept { return value_; }
    void set(T value) { value_ = std::move(value); }

   private:
    T value_{};
  };

  static void pause() noexcept { cpu_relax(); }
};

static_assert(Sync<StdSync>);

}  // namespace devlock
