// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Rundown: many short users, one closer that drains them. Entering tries and never waits; closing refuses newcomers and waits for
// those inside. The wait has a lock class, so that what the closer may hold is checked: unbind waits for open descriptors under
// device_lock, and nobody inside may wait for that.
//
//   if (auto user = handles.enter()) { ... }      // refused once closing began
//   handles.close(context);                       // context may still wait for open_device
//
// Not checked: that the closer is not inside itself; that the rundown outlives the call in which the last user leaves.
// Source: vfio_device_try_get_registration and vfio_unregister_group_dev in drivers/vfio/vfio_main.c.
#pragma once

#include <atomic>
#include <utility>

#include "devlock/order/context.hpp"
#include "devlock/sync/concept.hpp"

namespace devlock {

template <Sync S, class Order, LockClass Class>
class Rundown {
 public:
  using lock_class = Class;

  /// One user inside; leaves when destroyed. Empty if it was refused. The closer waits for it: `Through{context, user}` is the context
  /// of what is done inside.
  class [[nodiscard]] User {
   public:
    using lifetime_class = Class;

    User() = default;
    User(User&& other) noexcept : rundown_(std::exchange(other.rundown_, nullptr)) {}
    User& operator=(User&& other) noexcept {
      if (this != &other) {
        leave();
        rundown_ = std::exchange(other.rundown_, nullptr);
      }
      return *this;
    }
    ~User() { leave(); }
    explicit operator bool() const noexcept { return rundown_ != nullptr; }
    void leave() {
      if (rundown_ != nullptr) {
        std::exchange(rundown_, nullptr)->exit();
      }
    }

   private:
    friend class Rundown;
    explicit User(Rundown* rundown) : rundown_(rundown) {}
    Rundown* rundown_ = nullptr;
  };

  Rundown() = default;
  /// Starts closed: nobody gets in before reopen().
  struct Closed {};
  explicit Rundown(Closed) : word_(closing_bit) {}
  Rundown(const Rundown&) = delete;
  Rundown& operator=(const Rundown&) = delete;

  /// Goes in unless closing began. Never waits.
  User enter() {
    unsigned seen = word_.load(std::memory_order_relaxed);
    while ((seen & closing_bit) == 0U) {
      if (word_.compare_exchange_strong(seen, seen + 1U, std::memory_order_acquire)) {  // pairs with reopen()
        return User(this);
      }
    }
    return User();
  }
  /// Goes in unless closing began and nobody is inside any more: a count of references that is not zero. Whoever closes waits for
  /// this one too. Never waits.
  User enter_or_join() {
    unsigned seen = word_.load(std::memory_order_relaxed);
    while (seen != closing_bit) {
      if (word_.compare_exchange_strong(seen, seen + 1U, std::memory_order_acquire)) {  // pairs with reopen()
        return User(this);
      }
    }
    return User();
  }
  /// Refuses newcomers and waits until everybody left. Idempotent.
  void close(devlock::ContextFor<Order, Class> context, validate::Where where = validate::Where::current())
      DEVLOCK_REQUIRES(context) {
    context.mark.template waits<Order, Class>(this, where);
    begin_close();
    for (unsigned seen = word_.load(std::memory_order_acquire); seen != closing_bit;  // pairs with exit()
         seen = word_.load(std::memory_order_acquire)) {
      word_.wait(seen, std::memory_order_relaxed);
    }
  }
  /// Refuses newcomers without waiting.
  void begin_close() { word_.fetch_or(closing_bit, std::memory_order_acq_rel); }  // pairs with enter()
  /// Lets users in again. Users who are still inside stay counted.
  void reopen() {
    unsigned seen = word_.load(std::memory_order_relaxed);
    while (
        !word_.compare_exchange_strong(seen, seen & ~closing_bit, std::memory_order_release)) {  // pairs with enter()
    }
  }

  [[nodiscard]] unsigned users() const { return word_.load(std::memory_order_acquire) & ~closing_bit; }
  [[nodiscard]] bool closing() const { return (word_.load(std::memory_order_acquire) & closing_bit) != 0U; }

 private:
  static constexpr unsigned closing_bit = 1U << 31;
  void exit() {
    if (word_.fetch_sub(1U, std::memory_order_release) == (closing_bit | 1U)) {  // pairs with close()
      word_.notify_all();
    }
  }

  typename S::template atomic<unsigned> word_{0U};
};

}  // namespace devlock
