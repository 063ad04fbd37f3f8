// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Devices with a lock each, for walks: as a scope of HierarchicalTryLock and, beside it, as the mutexes themselves for loops by hand. One
// cache line per device, as devices lie in a program. The bodies of benchmarks that each kind of lock is put through.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/lock/ordered.hpp"
#include "devlock/order/try_guard.hpp"
#include "devlock/vfio/order.hpp"

namespace bench {

/// The smallest lock: one compare-and-swap to take it, one store to give it back. The limit.
struct BareCas {
  bool try_lock() {
    unsigned expected = 0;
    return word.compare_exchange_strong(expected, 1, std::memory_order_acquire);  // pairs with unlock()
  }
  void lock() {
    while (!try_lock()) {
      devlock::cpu_relax();
    }
  }
  void unlock() { word.store(0, std::memory_order_release); }  // pairs with try_lock()
  std::atomic<unsigned> word{0};
};
/// The same with an exchange to give it back, as any lock needs that somebody may sleep on.
struct CasExchange : BareCas {
  void unlock() { benchmark::DoNotOptimize(word.exchange(0, std::memory_order_release)); }  // pairs with try_lock()
};

template <class Mutex>
class Devices {
 public:
  using lock_type = devlock::Ordered<devlock::vfio::device_lock, Mutex>;
  explicit Devices(std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) {
      store_.push_back(std::make_unique<Line>());
      locks_.push_back(&store_.back()->lock);
      natives.push_back(&store_.back()->lock.native());
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return locks_; }
  std::vector<Mutex*> natives;

 private:
  struct alignas(64) Line {
    lock_type lock;
  };
  std::vector<std::unique_ptr<Line>> store_;
  std::vector<lock_type*> locks_;
};

/// The loop that one writes without a library: all or nothing, given back in reverse.
template <class Mutex>
bool take_all(const std::vector<Mutex*>& mutexes) {
  for (std::size_t taken = 0; taken != mutexes.size(); ++taken) {
    if (!mutexes[taken]->try_lock()) {
      while (taken != 0) {
        mutexes[--taken]->unlock();
      }
      return false;
    }
  }
  return true;
}
template <class Mutex>
void give_all(const std::vector<Mutex*>& mutexes) {
  for (std::size_t held = mutexes.size(); held != 0;) {
    mutexes[--held]->unlock();
  }
}

/// One lock, tried and given back, without the library.
template <class Mutex>
void pair_by_hand(benchmark::State& state) {
  Mutex mutex;
  for (auto _ : state) {
    const bool taken = mutex.try_lock();
    benchmark::DoNotOptimize(taken);
    benchmark::ClobberMemory();
    if (taken) {
      mutex.unlock();
    }
  }
}
/// The same through a TryGuard.
template <class Mutex>
void pair_by_guard(benchmark::State& state) {
  devlock::Ordered<devlock::vfio::device_lock, Mutex> lock;
  devlock::vfio::ThreadContext root;
  for (auto _ : state) {
    devlock::TryGuard guard{root, lock};
    benchmark::DoNotOptimize(guard.owns_lock());
    benchmark::ClobberMemory();
  }
}
/// Many locks, taken and given back.
template <class Mutex>
void walk_by_hand(benchmark::State& state) {
  const Devices<Mutex> devices(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (!take_all(devices.natives)) {
      state.SkipWithError("nobody holds a lock, but the loop failed");
      return;
    }
    benchmark::ClobberMemory();
    give_all(devices.natives);
  }
}
template <class Mutex>
void walk(benchmark::State& state) {
  const Devices<Mutex> devices(static_cast<std::size_t>(state.range(0)));
  devlock::vfio::ThreadContext root;
  for (auto _ : state) {
    devlock::HierarchicalTryLock locked{root, devices};
    if (!locked) {
      state.SkipWithError("nobody holds a lock, but the walk failed");
      return;
    }
    benchmark::ClobberMemory();
  }
}
/// Many locks of which one is held, the one at state.range(1) hundredths of the way: how fast is the refusal?
template <class Mutex>
void refused_walk(benchmark::State& state) {
  const Devices<Mutex> devices(static_cast<std::size_t>(state.range(0)));
  auto* const held = devices.natives[(devices.natives.size() - 1) * static_cast<std::size_t>(state.range(1)) / 100];
  devlock::vfio::ThreadContext root;
  const bool taken = held->try_lock();
  for (auto _ : state) {
    devlock::HierarchicalTryLock locked{root, devices};
    if (locked || !taken) {
      state.SkipWithError("a lock is held, but the walk succeeded");
      return;
    }
    benchmark::DoNotOptimize(locked.contended_at());
  }
  held->unlock();
}
template <class Mutex>
void refused_by_hand(benchmark::State& state) {
  const Devices<Mutex> devices(static_cast<std::size_t>(state.range(0)));
  auto* const held = devices.natives[(devices.natives.size() - 1) * static_cast<std::size_t>(state.range(1)) / 100];
  if (!held->try_lock()) {
    state.SkipWithError("nobody holds it, but the try failed");
    return;
  }
  for (auto _ : state) {
    bool taken = take_all(devices.natives);
    benchmark::DoNotOptimize(taken);
    if (taken) {
      state.SkipWithError("a lock is held, but the loop succeeded");
      return;
    }
  }
  held->unlock();
}

inline void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int size : {8, 64, 256, 1024, 4096}) {
    benchmark->Arg(size);
  }
}
/// First, middle, last of 256.
inline void places(benchmark::internal::Benchmark* benchmark) {
  for (const int place : {0, 50, 100}) {
    benchmark->Args({256, place});
  }
}

}  // namespace bench
