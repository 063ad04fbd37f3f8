// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two locks of a device, its device_lock and its config-access block, in one word of four bytes: a try takes one of them or both by one
// compare-and-swap, and giving back is one more. Who waits sleeps on the word. DeviceLock is made of it.
//
//   bit      0           1        2                        3
//   means    device_lock config   somebody sleeps for 0    somebody sleeps for 1
//
// - A try fails only because somebody holds what it asks for; the other lock and sleepers make it go round, not fail.
// - Who waits for both waits for device_lock first and keeps it while it waits for config access, as pci_dev_lock does.
// - Giving back clears the signs of who slept for it and wakes all who sleep on the word; each looks again, and says so again before
//   it sleeps again. No wakeup is lost: a sign is set while what is waited for is held, and whoever gives that back sees it.
// - There is no fairness: a woken thread competes with those that come. The last access to the word gives it back; it may be gone then.
//
// Not checked: who gives back; guards and the validator see to that.
#pragma once

#include <atomic>

#include "devlock/config.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock {

/// Which of a device's two locks.
enum class DeviceParts : unsigned { device = 1U, config = 2U, both = 3U };

/// What the model checker proves; the wrong ones are for tests.
struct DeviceWordRules {
  /// A part that is held refuses who asks for it alone, and who asks for both.
  static constexpr bool one_refuses_both = true;
  /// A try that finds the word otherwise than it thought looks again: only a holder refuses it.
  static constexpr bool looks_again = true;
  static constexpr bool unlock_wakes = true;
  /// Giving back looks at the signs of both parts that it gives back.
  static constexpr bool wakes_config_sleepers = true;
  /// All of them: a sign does not say how many sleep.
  static constexpr bool wakes_all = true;
  /// Who sleeps says so in the word that it sleeps on.
  static constexpr bool says_that_it_sleeps = true;
  /// Giving back one part leaves the other as it is.
  static constexpr bool leaves_the_other = true;
  static constexpr std::memory_order taking = std::memory_order_acquire;
  static constexpr std::memory_order giving = std::memory_order_release;
};

template <Sync S, class Rules = DeviceWordRules>
class DeviceWord {
 public:
  DeviceWord() = default;
  DeviceWord(const DeviceWord&) = delete;
  DeviceWord& operator=(const DeviceWord&) = delete;

  [[nodiscard]] bool try_lock(DeviceParts parts) {
    unsigned seen = 0U;
    return attempt(parts, seen);
  }
  void lock(DeviceParts parts) {
    unsigned seen = 0U;
    if (attempt(parts, seen)) {
      return;
    }
    if (parts != DeviceParts::config) {
      wait_for(DeviceParts::device, seen);
    }
    if (parts != DeviceParts::device) {
      wait_for(DeviceParts::config, seen);
    }
  }
  void unlock(DeviceParts parts) {
    const unsigned seen = give(parts);
    if ((seen & sleepers(parts)) != 0U && Rules::unlock_wakes) {
      wake();
    }
  }

 private:
  static constexpr unsigned held(DeviceParts parts) { return static_cast<unsigned>(parts); }
  // Those who sleep for it, or are about to.
  static constexpr unsigned sleepers(DeviceParts parts) {
    const DeviceParts seen = Rules::wakes_config_sleepers ? parts : DeviceParts::device;
    return (held(parts) & held(seen)) << 2U;
  }
  static constexpr unsigned given(DeviceParts parts) {
    return held(Rules::leaves_the_other ? parts : DeviceParts::both) | sleepers(parts);
  }
  static constexpr bool refuses(unsigned word, DeviceParts parts) {
    const DeviceParts asked = parts == DeviceParts::both && !Rules::one_refuses_both ? DeviceParts::device : parts;
    return (word & held(asked)) != 0U;
  }
  // `seen` is what the word may be; in the end, what it was.
  bool attempt(DeviceParts parts, unsigned& seen) {
    while (!word_.compare_exchange_strong(seen, seen | held(parts), Rules::taking,
                                          std::memory_order_relaxed)) {  // pairs with unlock()
      if (refuses(seen, parts) || !Rules::looks_again) {
        return false;
      }
    }
    return true;
  }
  // Answers what the word was.
  unsigned give(DeviceParts parts) {
    if (parts == DeviceParts::both) {  // nobody else holds a part
      return word_.exchange(0U, Rules::giving);  // pairs with try_lock() and wait_for()
    }
    unsigned seen = held(parts);  // mostly: nobody sleeps, and the other is free
    while (!word_.compare_exchange_strong(seen, seen & ~given(parts), Rules::giving,
                                          std::memory_order_relaxed)) {  // pairs with try_lock() and wait_for()
    }
    return seen;
  }
  // One of the two.
  void wait_for(DeviceParts part, unsigned& seen) {
    const unsigned sign = Rules::says_that_it_sleeps ? held(part) << 2U : 0U;
    while (refuses(seen, part) || !attempt(part, seen)) {
      if ((seen & sign) == sign || word_.compare_exchange_strong(seen, seen | sign, std::memory_order_relaxed,
                                                                 std::memory_order_relaxed)) {
        word_.wait(seen | sign, std::memory_order_relaxed);  // taking it is what synchronises
        seen = word_.load(std::memory_order_relaxed);
      }
    }
  }
  void wake() {
    if constexpr (Rules::wakes_all) {
      word_.notify_all();
    } else {
      word_.notify_one();
    }
  }

  typename S::template atomic<unsigned> word_{0U};
};

}  // namespace devlock
