// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// std::atomic for the model checker: the same functions, each a schedule point. A load may answer a value that was
// overwritten, as its memory order allows. wait and notify work like a futex: the comparison and the falling asleep are
// one step, and they order no memory, since the standard's do not.
//
// Not checked, though C++ allows it: load buffering, 2+2W, a failing compare_exchange that reads an old value. wait
// never returns without a change of the value, as the standard says.
#pragma once

#include <atomic>
#include <type_traits>

#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

constexpr rl::memory_order to_relacy(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_consume;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: return rl::mo_seq_cst;
  }
  return rl::mo_seq_cst;
}

template <class T>
class Atomic {
  static_assert(std::is_integral_v<T> || std::is_pointer_v<T>, "devlock: Relacy models atomic integers and pointers");
  using Order = std::memory_order;

 public:
  Atomic(T value = T(), Location where = {}) {
    about_to_write(this);
    atomic_.store(value, rl::mo_relaxed, where);
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(Order order = Order::seq_cst, Location where = {}) const {
    about_to_read(this);
    return atomic_.load(to_relacy(order), where);
  }
  void store(T value, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    atomic_.store(value, to_relacy(order), where);
  }
  T exchange(T value, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.exchange(value, to_relacy(order), where);
  }
  T fetch_add(T value, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.fetch_add(value, to_relacy(order), where);
  }
  T fetch_sub(T value, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.fetch_sub(value, to_relacy(order), where);
  }
  T fetch_or(T value, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.fetch_or(value, to_relacy(order), where);
  }
  T fetch_and(T value, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.fetch_and(value, to_relacy(order), where);
  }
  bool compare_exchange_strong(T& expected, T desired, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.compare_exchange_strong(expected, desired, to_relacy(order), where);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure, Location where = {}) {
    about_to_write(this);
    return atomic_.compare_exchange_strong(expected, desired, to_relacy(success), where, to_relacy(failure), where);
  }
  bool compare_exchange_weak(T& expected, T desired, Order order = Order::seq_cst, Location where = {}) {
    about_to_write(this);
    return atomic_.compare_exchange_weak(expected, desired, to_relacy(order), where);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure, Location where = {}) {
    about_to_write(this);
    return atomic_.compare_exchange_weak(expected, desired, to_relacy(success), where, to_relacy(failure), where);
  }

  /// Waits until the value differs from `old`.
  void wait(T old, Order order = Order::seq_cst, Location where = {}) const {
    while (load(order, where) == old) {
      if (atomic_.debug_value() != old) {
        about_to_yield();  // the load answered an old value; a real machine shows the new one in the end
        rl::yield(1, where);
      } else {
        sleepers_ |= 1U << static_cast<unsigned>(rl::ctx().current_thread());
        rl::ctx().park_current_thread(false, false, false, where);
      }
    }
  }
  void notify_one(Location where = {}) {
    about_to_touch_everything();
    rl::ctx().sched();
    wake(1, where);
  }
  void notify_all(Location where = {}) {
    about_to_touch_everything();
    rl::ctx().sched();
    wake(max_threads, where);
  }

 private:
  // Which sleeper wakes is a choice of the search, unless all do.
  void wake(unsigned most, const rl::debug_info& where) {
    (void)atomic_.debug_value();  // finds out whether the atomic still exists
    for (; sleepers_ != 0U && most != 0U; --most) {
      const auto count = static_cast<unsigned>(__builtin_popcount(sleepers_));
      unsigned rest = sleepers_;
      for (unsigned skip = most < count ? rl::ctx().rand(count, rl::sched_type_user) : 0U; skip != 0U; --skip) {
        rest &= rest - 1U;
      }
      const int chosen = __builtin_ctz(rest);
      sleepers_ &= ~(1U << static_cast<unsigned>(chosen));
      rl::ctx().unpark_thread(chosen, false, where);
    }
  }

  rl::atomic<T> atomic_;
  mutable unsigned sleepers_ = 0;  // one bit for each thread
};

}  // namespace devlock::relacy
