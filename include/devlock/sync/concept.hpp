// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A Sync policy is where a lock gets its atomics, its mutex and its pause from: sync/std.hpp in production, sync/relacy.hpp under the
// model checker, a VMM's own where it brings its own. Every lock and every algorithm is a template over one.
//
// What the concept cannot say, and a policy must keep: mutex::try_lock does not fail while the mutex is free, atomic::wait
// returns only after the value differed, pause() lets other threads run.
//
// A policy may have `static constexpr bool device_lock_has_mutex = true;`: then DeviceLock is made of its mutex, lock/device_pair.hpp, and
// else of one word, which needs compare_exchange_strong with two orders.
#pragma once

#include <concepts>

namespace devlock {

template <class S>
concept Sync = requires(typename S::mutex& mutex, typename S::template atomic<unsigned>& word,
                        typename S::template var<int>& data, unsigned value) {
  mutex.lock();
  { mutex.try_lock() } -> std::convertible_to<bool>;
  mutex.unlock();
  { word.load() } -> std::convertible_to<unsigned>;
  word.store(value);
  { word.exchange(value) } -> std::convertible_to<unsigned>;
  { word.fetch_add(value) } -> std::convertible_to<unsigned>;
  { word.fetch_sub(value) } -> std::convertible_to<unsigned>;
  { word.fetch_or(value) } -> std::convertible_to<unsigned>;
  { word.compare_exchange_strong(value, value) } -> std::convertible_to<bool>;
  word.wait(value);
  word.notify_all();
  { data.get() } -> std::convertible_to<int>;
  data.set(0);
  S::pause();
};

}  // namespace devlock
