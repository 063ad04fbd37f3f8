// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the threads tell each other during the race, and how they wait for it: a condition with a deadline, never a sleep.
// A wait takes the root of its thread, so that it does not compile under a guard: whoever is waited for may need that lock.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "devlock/vfio/order.hpp"
#include "journal.hpp"

namespace passthrough {

struct Facts {
  unsigned resets = 0;      ///< that succeeded
  unsigned attempts = 0;    ///< that ended, however
  unsigned contended = 0;   ///< threads that the kernel answered contended since the unplug began
  unsigned busy = 0;        ///< resets that found another thread's reset under way
  unsigned refused = 0;     ///< resets refused because the unplug was asked for
  unsigned running = 0;     ///< reset threads
  bool unplugging = false;  ///< the unbind is about to be asked for
  bool revoked = false;     ///< the owner knows of the unplug and lets nothing take the device's lock any more
  bool stop = false;        ///< leave the race now
  bool unbound = false;     ///< the unbind returned
  std::optional<devlock::Error> failure;  ///< the first answer that should not have come
};

class Board {
 public:
  explicit Board(Clock::time_point deadline) : deadline_(deadline) {}

  template <class Change>
  void tell(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(facts_);
    }
    changed_.notify_all();
  }
  void fail(const devlock::Error& error) {
    tell([&](Facts& facts) {
      if (!facts.failure) {
        facts.failure = error;
      }
      facts.stop = true;
    });
  }
  /// Waits until `condition` holds; false if it does not at the deadline.
  template <class Condition>
  bool wait(const devlock::vfio::ThreadContext&, Condition condition) {
    return wait_until(deadline_, condition);
  }
  /// Waits until somebody told something, at most until `when`: for a condition that only the kernel can tell.
  void wait_for_news(const devlock::vfio::ThreadContext&, Clock::time_point when) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, when < deadline_ ? when : deadline_);
  }
  [[nodiscard]] Facts facts() const {
    const std::lock_guard lock(mutex_);
    return facts_;
  }
  [[nodiscard]] bool late() const { return Clock::now() >= deadline_; }

 private:
  template <class Condition>
  bool wait_until(Clock::time_point when, Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, when, [&] { return condition(facts_); });
  }

  const Clock::time_point deadline_;
  mutable std::mutex mutex_;  // nothing else is taken under it
  std::condition_variable changed_;
  Facts facts_;
};

}  // namespace passthrough
