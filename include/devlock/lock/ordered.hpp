// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Ordered puts any lockable under the order: std::mutex, std::shared_mutex, a VMM's own big lock; anything with lock, try_lock and unlock,
// or a three-line adapter that has them.
//
//   devlock::Ordered<group_lock, std::mutex> lock;
//   devlock::Ordered<big_lock, BigLock&> bound{the_big_lock};   // a lock that lives elsewhere
//
// Its operations are private; guards reach them. Not checked: uses of a bound lock that go around this wrapper.
#pragma once

#include <utility>

#include "devlock/order/lock_access.hpp"
#include "devlock/order/lock_class.hpp"
#include "devlock/validate/mark.hpp"

namespace devlock {

namespace detail {
// Where the mutex of an Ordered is: inside it, or elsewhere.
template <class Mutex>
struct MutexPlace {
  MutexPlace() = default;
  template <class... Arguments>
  explicit MutexPlace(std::in_place_t, Arguments&&... arguments) : mutex(std::forward<Arguments>(arguments)...) {}
  Mutex& get() noexcept { return mutex; }
  Mutex mutex{};
};
template <class Mutex>
struct MutexPlace<Mutex&> {
  explicit MutexPlace(std::in_place_t, Mutex& elsewhere) noexcept : mutex(&elsewhere) {}
  Mutex& get() noexcept { return *mutex; }
  Mutex* mutex;
};

// The mutex without its class. It may be annotated itself, and is taken here to be given back elsewhere.
template <class Mutex>
class OrderedMutex {
 public:
  /// The mutex itself, for a foreign API. What is done with it is outside the order.
  [[nodiscard]] auto& native() noexcept { return place_.get(); }

 protected:
  OrderedMutex() = default;
  template <class... Arguments>
  explicit OrderedMutex(std::in_place_t, Arguments&&... arguments)
      : place_(std::in_place, std::forward<Arguments>(arguments)...) {}
  OrderedMutex(const OrderedMutex&) = delete;
  OrderedMutex& operator=(const OrderedMutex&) = delete;
  ~OrderedMutex() = default;

 private:
  friend class devlock::LockAccess;
  DEVLOCK_ALWAYS_INLINE void lock() DEVLOCK_UNANALYSED { place_.get().lock(); }
  [[nodiscard]] DEVLOCK_ALWAYS_INLINE bool try_lock() DEVLOCK_UNANALYSED { return place_.get().try_lock(); }
  DEVLOCK_ALWAYS_INLINE void unlock() DEVLOCK_UNANALYSED { place_.get().unlock(); }
  void lock_shared() DEVLOCK_UNANALYSED { place_.get().lock_shared(); }
  [[nodiscard]] bool try_lock_shared() DEVLOCK_UNANALYSED { return place_.get().try_lock_shared(); }
  void unlock_shared() DEVLOCK_UNANALYSED { place_.get().unlock_shared(); }

  MutexPlace<Mutex> place_;
};
}  // namespace detail

/// A `Mutex` (or a reference to one) of lock class `Class`.
template <LockClass Class, class Mutex>
class DEVLOCK_CAPABILITY("mutex") Ordered : public detail::OrderedMutex<Mutex> {
 public:
  using lock_class = Class;
  using operations = detail::OrderedMutex<Mutex>;

  Ordered() = default;
  template <class First, class... More>
  requires(!std::same_as<std::remove_cvref_t<First>, Ordered>) explicit Ordered(First&& first, More&&... more)
      : operations(std::in_place, std::forward<First>(first), std::forward<More>(more)...) {}
  Ordered(const Ordered&) = delete;
  Ordered& operator=(const Ordered&) = delete;

  DEVLOCK_NO_UNIQUE_ADDRESS validate::LockMark mark;

 private:
  // Never defined: a call past the order is refused in the name of this class.
  void lock();
  bool try_lock();
  void unlock();
  void lock_shared();
  bool try_lock_shared();
  void unlock_shared();
};

}  // namespace devlock
