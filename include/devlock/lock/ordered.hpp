// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Ordered puts any lockable under the order: std::mutex, absl::Mutex behind three lines, a VMM's own big lock.
//
//   devlock::Ordered<group_lock, std::mutex> lock;
//   devlock::Ordered<big_lock, BigLock&> bound{the_big_lock};   // a lock that lives elsewhere
//
// Its operations are private; guards reach them. Not checked: uses of a bound lock that go around this wrapper.
#pragma once

#include <utility>

#include "devlock/order/lock_access.hpp"
#include "devlock/order/lock_class.hpp"

namespace devlock {

/// A `Mutex` (or a reference to one) of lock class `Class`.
template <LockClass Class, class Mutex>
class Ordered {
 public:
  using lock_class = Class;

  Ordered() = default;
  template <class Argument>
    requires(!std::same_as<std::remove_cvref_t<Argument>, Ordered>)
  explicit Ordered(Argument&& argument) : mutex_(std::forward<Argument>(argument)) {}
  Ordered(const Ordered&) = delete;
  Ordered& operator=(const Ordered&) = delete;

  /// The mutex itself, for a condition variable or a foreign API. What is done with it is outside the order.
  [[nodiscard]] auto& native() noexcept { return mutex_; }

 private:
  friend class LockAccess;
  void lock() { mutex_.lock(); }
  [[nodiscard]] bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

  Mutex mutex_{};
};

template <LockClass Class, class Mutex>
class Ordered<Class, Mutex&> {
 public:
  using lock_class = Class;

  explicit Ordered(Mutex& mutex) noexcept : mutex_(&mutex) {}
  Ordered(const Ordered&) = delete;
  Ordered& operator=(const Ordered&) = delete;

  [[nodiscard]] Mutex& native() noexcept { return *mutex_; }

 private:
  friend class LockAccess;
  void lock() { mutex_->lock(); }
  [[nodiscard]] bool try_lock() { return mutex_->try_lock(); }
  void unlock() { mutex_->unlock(); }

  Mutex* mutex_;
};

}  // namespace devlock
