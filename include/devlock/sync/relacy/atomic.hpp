// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// std::atomic for the model checker: the same functions, each a schedule point. A load may answer a value that was
// overwritten, as its memory order allows. wait and notify work like a futex: the comparison and the falling asleep are
// one step, and they order no memory, since the standard's do not.
//
// Not checked, though C++ allows it: load buffering, 2+2W, a failing compare_exchange that reads an old value. wait
// never returns without a change of the value, as the standard says. The functions are inlined: which of its own Relacy
// calls is known where the memory order is a constant, and a search spends its time here.
#pragma once

#include <atomic>
#include <type_traits>

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/location.hpp"
#include "devlock/sync/relacy/order.hpp"
#include "devlock/sync/relacy/sleepers.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::relacy {

template <class T>
class Atomic {
  static_assert(std::is_integral_v<T> || std::is_pointer_v<T>, "devlock: Relacy models atomic integers and pointers");
  using Order = std::memory_order;

 public:
  Atomic(T value = T(), const Location& where = {}) {
    about_to(Touch().writes(id_));
    atomic_.store(value, rl::mo_relaxed, where);
  }
  ~Atomic() { touches_too(Touch().writes(id_).writes(queue())); }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[gnu::always_inline]] T load(Order order = Order::seq_cst, const Location& where = {}) const {
    begin(Operation::load, Touch().reads(id_), where);
    const T value = atomic_.load(to_relacy(order), where);
    record(Operation::load, Phase::done, this, where, shown(value));
    return value;
  }
  [[gnu::always_inline]] void store(T value, Order order = Order::seq_cst, const Location& where = {}) {
    begin(Operation::store, Touch().writes(id_), where, value);
    atomic_.store(value, to_relacy(order), where);
    record(Operation::store, Phase::done, this, where, shown(value));
  }
  [[gnu::always_inline]] T exchange(T value, Order order = Order::seq_cst, const Location& where = {}) {
    begin(Operation::exchange, Touch().writes(id_), where, value);
    return end(Operation::exchange, atomic_.exchange(value, to_relacy(order), where), where);
  }
  [[gnu::always_inline]] T fetch_add(T value, Order order = Order::seq_cst, const Location& where = {}) {
    begin(Operation::fetch, Touch().writes(id_), where, value);
    return end(Operation::fetch, atomic_.fetch_add(value, to_relacy(order), where), where);
  }
  [[gnu::always_inline]] T fetch_sub(T value, Order order = Order::seq_cst, const Location& where = {}) {
    begin(Operation::fetch, Touch().writes(id_), where, value);
    return end(Operation::fetch, atomic_.fetch_sub(value, to_relacy(order), where), where);
  }
  [[gnu::always_inline]] T fetch_or(T value, Order order = Order::seq_cst, const Location& where = {}) {
    begin(Operation::fetch, Touch().writes(id_), where, value);
    return end(Operation::fetch, atomic_.fetch_or(value, to_relacy(order), where), where);
  }
  [[gnu::always_inline]] T fetch_and(T value, Order order = Order::seq_cst, const Location& where = {}) {
    begin(Operation::fetch, Touch().writes(id_), where, value);
    return end(Operation::fetch, atomic_.fetch_and(value, to_relacy(order), where), where);
  }
  bool compare_exchange_strong(T& expected, T desired, Order order = Order::seq_cst, const Location& where = {}) {
    return compare_exchange_strong(expected, desired, order, failure_of(order), where);
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                                                       const Location& where = {}) {
    begin(Operation::compare_exchange, Touch().writes(id_), where, desired);
    const bool done =
        atomic_.compare_exchange_strong(expected, desired, to_relacy(success), where, to_relacy(failure), where);
    if (!done) {
      left_unchanged(id_);
    }
    record(Operation::compare_exchange, done ? Phase::done : Phase::refused, this, where, shown(expected));
    return done;
  }
  bool compare_exchange_weak(T& expected, T desired, Order order = Order::seq_cst, const Location& where = {}) {
    return compare_exchange_weak(expected, desired, order, failure_of(order), where);
  }
  [[gnu::always_inline]] bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                                                     const Location& where = {}) {
    begin(Operation::compare_exchange, Touch().writes(id_), where, desired);
    const bool done =
        atomic_.compare_exchange_weak(expected, desired, to_relacy(success), where, to_relacy(failure), where);
    record(Operation::compare_exchange, done ? Phase::done : Phase::refused, this, where, shown(expected));
    return done;
  }

  /// Waits until the value differs from `old`.
  void wait(T old, Order order = Order::seq_cst, const Location& where = {}) const {
    const Touch touch = Touch().reads(id_).reads(queue());
    begin(Operation::futex_wait, touch, where, old);
    T seen = atomic_.load(to_relacy(order), where);
    while (seen == old) {
      if (atomic_.debug_value() != old) {
        const detail::KeepsOldValues afterwards;
        about_to(Touch::nothing());  // the load answered an old value; a real machine shows the new one in the end
        rl::yield(1, where);
        about_to(touch);
        seen = atomic_.load(to_relacy(order), where);
      } else {
        sleepers_.sleep(where);
        const detail::NoSwitch waking_and_looking_are_one_step;
        seen = atomic_.load(to_relacy(order), where);
      }
    }
    record(Operation::futex_wait, Phase::done, this, where, shown(seen));
  }
  void notify_one(const Location& where = {}) { notify(Operation::notify_one, 1, where); }
  void notify_all(const Location& where = {}) { notify(Operation::notify_all, max_threads, where); }

 private:
  [[nodiscard]] ObjectId queue() const { return id_ + 1U; }

  [[gnu::always_inline]] void begin(Operation operation, const Touch& touch, const Location& where, T value = T()) const {
    record(operation, Phase::wants, this, where, shown(value));
    about_to(touch);
  }
  T end(Operation operation, T value, const Location& where) const {
    record(operation, Phase::done, this, where, shown(value));
    return value;
  }
  void notify(Operation operation, unsigned most, const Location& where) {
    begin(operation, Touch().writes(queue()), where);
    rl::ctx().sched();
    (void)atomic_.debug_value();  // finds out whether the atomic still exists
    sleepers_.wake(most, where);
    record(operation, Phase::done, this, where);
  }

  ObjectId id_ = new_object();
  rl::atomic<T> atomic_;
  mutable Sleepers sleepers_;
};

}  // namespace devlock::relacy
