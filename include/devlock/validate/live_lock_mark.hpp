// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The mark in a lock: who took it last, so that its destruction while it is held can name the place. Told by the guards of any
// thread, so everything in it is atomic; the lock's own order makes the parts fit together.
#pragma once

#include "devlock/validate/finding.hpp"

namespace devlock::validate {

class LiveLockMark {
 public:
  constexpr LiveLockMark() noexcept = default;
  LiveLockMark(const LiveLockMark&) = delete;
  LiveLockMark& operator=(const LiveLockMark&) = delete;
  ~LiveLockMark() {
    const std::uint32_t holders = holders_.load(std::memory_order_relaxed);
    Thread* thread = holders == 0 ? nullptr : detail::here();
    if (thread == nullptr) {
      return;
    }
    Report report;
    report.fault = Fault::destroyed_while_held;
    report.subject.class_name = facts_.load(std::memory_order_relaxed)->classes[0].name;
    report.subject.instance = lock_.load(std::memory_order_relaxed);
    report.other.thread = thread_.load(std::memory_order_relaxed);
    report.other.site = {file_.load(std::memory_order_relaxed), function_.load(std::memory_order_relaxed),
                         line_.load(std::memory_order_relaxed)};
    report.count = holders;
    detail::tell(*thread, report);
  }

  void took(const LockSight& sight, bool shared, std::uint64_t thread, const Site& site) const noexcept {
    facts_.store(sight.facts, std::memory_order_relaxed);
    lock_.store(sight.lock, std::memory_order_relaxed);
    thread_.store(thread, std::memory_order_relaxed);
    file_.store(site.file, std::memory_order_relaxed);
    function_.store(site.function, std::memory_order_relaxed);
    line_.store(site.line, std::memory_order_relaxed);
    if (shared) {
      holders_.fetch_add(1, std::memory_order_relaxed);
    } else {
      holders_.store(1, std::memory_order_relaxed);
    }
  }
  void gives(bool shared) const noexcept {
    // A lock made anew in the place of one that was held has no holders to lose.
    std::uint32_t holders = shared ? holders_.load(std::memory_order_relaxed) : 0;
    while (holders != 0 && !holders_.compare_exchange_weak(holders, holders - 1, std::memory_order_relaxed)) {
    }
    if (!shared) {
      holders_.store(0, std::memory_order_relaxed);
    }
  }

 private:
  mutable std::atomic<std::uint32_t> holders_{0};
  mutable std::atomic<unsigned> line_{0};
  mutable std::atomic<const LockFacts*> facts_{nullptr};
  mutable std::atomic<const void*> lock_{nullptr};
  mutable std::atomic<std::uint64_t> thread_{0};
  mutable std::atomic<const char*> file_{nullptr};
  mutable std::atomic<const char*> function_{nullptr};
};

}  // namespace devlock::validate
