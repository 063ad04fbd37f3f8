// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mutex in one word of four bytes, over the atomics of a Sync policy (notify_one among them): a try is one compare-and-swap,
// giving back one exchange, and who waits sleeps on the word. TryWord is for locks that nobody ever waits for: giving back is a store.
//
//   Ordered<kvm_lock, WordMutex<StdSync>> vm;                          // 4 bytes; WordSync is a policy whose mutexes are words
//   Ordered<device_lock, TryWord<StdSync>> lock;                       // TryGuard and HierarchicalTryLock; a Guard does not compile
//
// Giving back wakes one of those that sleep, which competes with those that come: there is no fairness and no priority inheritance.
// Not checked: who unlocks; the validator does. Sanitizers see no lock, only atomics that synchronise.
#pragma once

#include <atomic>

#include "devlock/config.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock {

/// What the model checker proves; the wrong ones are for tests.
struct WordRules {
  static constexpr bool unlock_wakes = true;
  /// Unlocking wakes one. Who slept therefore takes the lock as one that others may sleep on.
  static constexpr bool sleeper_keeps_the_sign = true;
  static constexpr std::memory_order taking = std::memory_order_acquire;
  static constexpr std::memory_order giving = std::memory_order_release;
};

template <Sync S, class Rules = WordRules>
class WordMutex {
 public:
  WordMutex() = default;
  WordMutex(const WordMutex&) = delete;
  WordMutex& operator=(const WordMutex&) = delete;

  [[nodiscard]] bool try_lock() {
    unsigned expected = unlocked;
    return word_.compare_exchange_strong(expected, locked, Rules::taking,
                                         std::memory_order_relaxed);  // pairs with unlock()
  }
  void lock() {
    if (try_lock()) {
      return;
    }
    constexpr unsigned mine = Rules::sleeper_keeps_the_sign ? slept_on : locked;
    for (;;) {
      unsigned seen = word_.load(std::memory_order_relaxed);
      if (seen == unlocked) {
        if (word_.compare_exchange_strong(seen, mine, Rules::taking,
                                          std::memory_order_relaxed)) {  // pairs with unlock()
          return;
        }
      } else if (seen == slept_on ||
                 word_.compare_exchange_strong(seen, slept_on, std::memory_order_relaxed, std::memory_order_relaxed)) {
        word_.wait(slept_on, std::memory_order_relaxed);
      }
    }
  }
  void unlock() {
    if (word_.exchange(unlocked, Rules::giving) == slept_on &&
        Rules::unlock_wakes) {  // pairs with try_lock() and lock()
      word_.notify_one();
    }
  }

 private:
  static constexpr unsigned unlocked = 0;
  static constexpr unsigned locked = 1;
  static constexpr unsigned slept_on = 2;  // locked, and somebody sleeps or is about to
  typename S::template atomic<unsigned> word_{unlocked};
};

template <Sync S, class Rules = WordRules>
class TryWord {
 public:
  TryWord() = default;
  TryWord(const TryWord&) = delete;
  TryWord& operator=(const TryWord&) = delete;

  [[nodiscard]] bool try_lock() {
    unsigned expected = 0U;
    return word_.compare_exchange_strong(expected, 1U, Rules::taking,
                                         std::memory_order_relaxed);  // pairs with unlock()
  }
  /// Nobody waits for it.
  void lock() = delete;
  void unlock() { word_.store(0U, Rules::giving); }  // pairs with try_lock()

 private:
  typename S::template atomic<unsigned> word_{0U};
};

}  // namespace devlock
