// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Sync policies that are wrong in one way each. The library's own text runs on them, so that what its memory orders,
// its notifications and its mutexes are for is seen: each must be found.
#pragma once

#include "devlock/sync/relacy.hpp"

namespace model {

/// Every memory order goes through `Change::to`.
template <class Change>
struct OrdersChanged : devlock::RelacySync {
  template <class T>
  struct atomic : devlock::RelacySync::atomic<T> {
    using Base = devlock::RelacySync::atomic<T>;
    using Base::Base;
    using Order = std::memory_order;
    T load(Order order = Order::seq_cst) const { return Base::load(Change::to(order)); }
    void store(T value, Order order = Order::seq_cst) { Base::store(value, Change::to(order)); }
    T exchange(T value, Order order = Order::seq_cst) { return Base::exchange(value, Change::to(order)); }
    T fetch_add(T value, Order order = Order::seq_cst) { return Base::fetch_add(value, Change::to(order)); }
    T fetch_sub(T value, Order order = Order::seq_cst) { return Base::fetch_sub(value, Change::to(order)); }
    T fetch_or(T value, Order order = Order::seq_cst) { return Base::fetch_or(value, Change::to(order)); }
    bool compare_exchange_strong(T& expected, T desired, Order order = Order::seq_cst) {
      return Base::compare_exchange_strong(expected, desired, Change::to(order));
    }
    void wait(T old, Order order = Order::seq_cst) const { Base::wait(old, Change::to(order)); }
  };
};

struct ReleaseRelaxed {
  static constexpr std::memory_order to(std::memory_order order) {
    return order == std::memory_order_release   ? std::memory_order_relaxed
           : order == std::memory_order_acq_rel ? std::memory_order_acquire
                                                : order;
  }
};
struct AcquireRelaxed {
  static constexpr std::memory_order to(std::memory_order order) {
    return order == std::memory_order_acquire   ? std::memory_order_relaxed
           : order == std::memory_order_acq_rel ? std::memory_order_release
                                                : order;
  }
};
/// Nothing that one thread writes before a release is shown to others.
using NoRelease = OrdersChanged<ReleaseRelaxed>;
/// Nothing that others wrote is seen after an acquire.
using NoAcquire = OrdersChanged<AcquireRelaxed>;

/// Nobody is woken.
struct Silent : devlock::RelacySync {
  template <class T>
  struct atomic : devlock::RelacySync::atomic<T> {
    using devlock::RelacySync::atomic<T>::atomic;
    void notify_all() {}
  };
};

/// Only one sleeper is woken.
struct WakesOne : devlock::RelacySync {
  template <class T>
  struct atomic : devlock::RelacySync::atomic<T> {
    using devlock::RelacySync::atomic<T>::atomic;
    void notify_all() { this->notify_one(); }
  };
};

/// A mutex that keeps nobody out.
struct NoMutex : devlock::RelacySync {
  struct mutex {
    void lock() { rl::ctx().sched(); }
    [[nodiscard]] bool try_lock() {
      rl::ctx().sched();
      return true;
    }
    void unlock() { rl::ctx().sched(); }
  };
};

}  // namespace model
