// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A Sync policy for one thread whose other threads are a script: a mutex counts, an atomic's wait calls what the test has put into
// `on_wait`, as if somebody else had run meanwhile. A wait that nobody ends is a failure at once and no hang.
// What its atomics do to their value is written to a journal: "?c" for an exchange that found 0, "!c" for one that did not,
// "-c" for a store of 0.
#pragma once

#include <atomic>
#include <functional>
#include <stdexcept>

#include "devlock/sync/concept.hpp"
#include "support/recording_lock.hpp"

namespace test {

struct ScriptedSync {
  static inline Journal journal;
  static inline std::function<void()> on_wait;
  static inline unsigned waits = 0;
  static inline unsigned wakes = 0;

  static void reset() {
    journal = Journal{};
    on_wait = nullptr;
    waits = 0;
    wakes = 0;
  }

  class mutex : public RecordingMutex {
   public:
    mutex() : RecordingMutex(journal, "m") {}
  };
  static constexpr bool device_lock_has_mutex = true;

  template <class T>
  class atomic {
   public:
    atomic() = default;
    explicit atomic(T value) : value_(value) {}
    T load(std::memory_order = {}) const { return value_; }
    void store(T value, std::memory_order = {}) {
      value_ = value;
      if (value == T{}) {
        journal.add('-', "c");
      }
    }
    T exchange(T value, std::memory_order = {}) {
      journal.add(value_ == T{} ? '?' : '!', "c");
      return std::exchange(value_, value);
    }
    T fetch_add(T value, std::memory_order = {}) { return std::exchange(value_, value_ + value); }
    T fetch_sub(T value, std::memory_order = {}) { return std::exchange(value_, value_ - value); }
    T fetch_or(T value, std::memory_order = {}) { return std::exchange(value_, value_ | value); }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order = {}) {
      const bool equal = value_ == expected;
      (equal ? value_ : expected) = equal ? desired : value_;
      return equal;
    }
    void wait(T old, std::memory_order = {}) const {
      ++waits;
      if (value_ == old && on_wait) {
        std::exchange(on_wait, nullptr)();
      }
      if (value_ == old) {
        throw std::logic_error("a wait that nobody ends");
      }
    }
    void notify_all() { ++wakes; }

   private:
    T value_{};
  };

  template <class T>
  class var {
   public:
    var() = default;
    explicit var(T value) : value_(std::move(value)) {}
    const T& get() const { return value_; }
    void set(T value) { value_ = std::move(value); }

   private:
    T value_{};
  };

  static void pause() {}
};

static_assert(devlock::Sync<ScriptedSync>);

}  // namespace test
