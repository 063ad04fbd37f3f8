// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How many threads are at one place, to be read and to be waited for. It is what a task's wait channel is on a kernel: "an
// unbind waits for descriptors" is a condition that tests and monitors wait for, instead of sleeping.
// Not checked: that the thread sleeps already; it may be the last step before.
#pragma once

#include <atomic>
#include <utility>

#include "devlock/sync/concept.hpp"

namespace devlock::sim {

template <Sync S>
class Gauge {
 public:
  /// This thread is at the place until leave() or the end of the value.
  class [[nodiscard]] Inside {
   public:
    Inside() = default;
    Inside(Inside&& other) noexcept : gauge_(std::exchange(other.gauge_, nullptr)) {}
    Inside& operator=(Inside&& other) noexcept {
      if (this != &other) {
        leave();
        gauge_ = std::exchange(other.gauge_, nullptr);
      }
      return *this;
    }
    ~Inside() { leave(); }
    void leave() {
      if (gauge_ != nullptr) {
        Gauge* gauge = std::exchange(gauge_, nullptr);
        gauge->count_.fetch_sub(1U, std::memory_order_release);  // pairs with value()
        gauge->count_.notify_all();
      }
    }

   private:
    friend class Gauge;
    explicit Inside(Gauge* gauge) : gauge_(gauge) {}
    Gauge* gauge_ = nullptr;
  };

  Gauge() = default;
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;

  Inside enter() {
    count_.fetch_add(1U, std::memory_order_release);  // pairs with value()
    count_.notify_all();
    return Inside(this);
  }
  [[nodiscard]] unsigned value() const { return count_.load(std::memory_order_acquire); }  // pairs with enter, leave
  /// Waits until at least `count` threads are there.
  void await_at_least(unsigned count) const {
    for (unsigned seen = value(); seen < count; seen = value()) {
      count_.wait(seen, std::memory_order_relaxed);
    }
  }

 private:
  mutable typename S::template atomic<unsigned> count_{0U};
};

}  // namespace devlock::sim
