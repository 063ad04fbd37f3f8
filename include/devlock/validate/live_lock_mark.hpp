// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The mark in a lock: who holds it, so that its destruction while it is held can name the place. Told by the guards of any
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
    if (holder_.load(std::memory_order_acquire) != nullptr ||  // pairs with took()
        readers_.load(std::memory_order_relaxed) != 0) {       // the user's own order: nobody takes a lock at its end
      tell();
    }
  }

  /// One that nobody shares. Its record says the rest.
  void took(const Record& record) const noexcept {
    holder_.store(&record, std::memory_order_release);  // pairs with the destructor
  }
  void gives() const noexcept {
    holder_.store(nullptr, std::memory_order_relaxed);
  }  // before the unlock, which orders it

  // Of readers the last that came is named, who may have gone before the others: so all of it is kept here.
  void took_shared(const Record& record) const noexcept {
    const Site site = record.made_at();
    facts_.store(record.asks().lock, std::memory_order_relaxed);          // the increment below publishes these
    lock_.store(record.lock_address(), std::memory_order_relaxed);        // the same
    thread_.store(detail::number_of(record), std::memory_order_relaxed);  // the same
    site_.write(site);
    readers_.fetch_add(1, std::memory_order_release);  // pairs with the load in tell()
  }
  void gives_shared() const noexcept {
    // A lock made anew in the place of one that was held has no readers to lose.
    std::uint32_t readers = readers_.load(std::memory_order_relaxed);  // checked by the exchange
    while (readers != 0 &&
           !readers_.compare_exchange_weak(readers, readers - 1, std::memory_order_relaxed)) {  // the unlock orders it
    }
  }
  /// By a guard of which it is no longer known how it took the lock.
  void gives_either() const noexcept {
    if (holder_.load(std::memory_order_relaxed) != nullptr) {  // the lock is held: nobody else writes
      gives();
    } else {
      gives_shared();
    }
  }

 private:
  [[gnu::cold, gnu::noinline]] void tell() const noexcept {
    const Record* const holder = holder_.load(std::memory_order_acquire);    // pairs with took()
    const std::uint32_t readers = readers_.load(std::memory_order_acquire);  // pairs with took_shared()
    Thread* const thread = detail::here();
    if (thread == nullptr || (holder == nullptr && readers == 0)) {
      return;
    }
    Report report;
    report.fault = Fault::destroyed_while_held;
    if (holder != nullptr) {
      report.subject.class_name = holder->asks().lock->classes[0].name;
      report.subject.instance = holder->lock_address();
      report.other.thread = detail::number_of(*holder);
      report.other.site = holder->made_at();
    } else {
      report.subject.class_name = facts_.load(std::memory_order_relaxed)->classes[0].name;  // after readers_
      report.subject.instance = lock_.load(std::memory_order_relaxed);                      // the same
      report.other.thread = thread_.load(std::memory_order_relaxed);                        // the same
      report.other.site = site_.read();
    }
    report.count = readers + (holder != nullptr ? 1U : 0U);
    detail::tell(*thread, report);
  }

  mutable std::atomic<const Record*> holder_{nullptr};
  mutable std::atomic<std::uint32_t> readers_{0};
  mutable std::atomic<const LockFacts*> facts_{nullptr};
  mutable std::atomic<const void*> lock_{nullptr};
  mutable std::atomic<std::uint64_t> thread_{0};
  mutable SiteCell site_;
};

}  // namespace devlock::validate
