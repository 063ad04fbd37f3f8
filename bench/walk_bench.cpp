// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Taking a bridge and all below it: HierarchicalTryLock against loops written by hand over the same locks, which is the least that
// a walk can cost, and against a bare compare-and-swap per device, which is the least that a lock can.
#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/hierarchical_try_lock.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "peers.hpp"

namespace {

using namespace devlock;

// The smallest lock: one compare-and-swap to take it, one store to give it back.
struct Flag {
  bool try_lock() {
    unsigned expected = 0;
    return word.compare_exchange_strong(expected, 1, std::memory_order_acquire);  // pairs with unlock()
  }
  void lock() {
    while (!try_lock()) {
      cpu_relax();
    }
  }
  void unlock() { word.store(0, std::memory_order_release); }  // pairs with try_lock()
  std::atomic<unsigned> word{0};
};

// A scope, and the same locks for the loops by hand; one cache line per device, as devices lie in a program.
template <class Lock, class Native>
class Devices {
 public:
  using lock_type = Lock;
  explicit Devices(std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) {
      store_.push_back(std::make_unique<Line>());
      locks_.push_back(&store_.back()->lock);
      if constexpr (requires { store_.back()->lock.native(); }) {
        natives.push_back(&store_.back()->lock.native());
      }
    }
  }
  [[nodiscard]] std::span<Lock* const> locks() const { return locks_; }
  std::vector<Native*> natives;

 private:
  struct alignas(64) Line {
    Lock lock;
  };
  std::vector<std::unique_ptr<Line>> store_;
  std::vector<Lock*> locks_;
};
using Flags = Devices<Ordered<vfio::device_lock, Flag>, Flag>;
using Mutexes = Devices<Ordered<vfio::device_lock, std::mutex>, std::mutex>;
using RealDevices = Devices<DeviceLock<StdSync>, DeviceLock<StdSync>>;

template <class Scope>
void walk(benchmark::State& state) {
  const Scope scope(static_cast<std::size_t>(state.range(0)));
  vfio::ThreadContext root;
  for (auto _ : state) {
    HierarchicalTryLock locked{root, scope};
    if (!locked) {
      state.SkipWithError("nobody holds a lock, but the walk failed");
      return;
    }
    benchmark::ClobberMemory();
  }
}

// The loop that one writes without a library: all or nothing, given back in reverse.
template <class Scope>
bool take_all(const Scope& scope) {
  const auto& locks = scope.natives;
  for (std::size_t taken = 0; taken != locks.size(); ++taken) {
    if (!locks[taken]->try_lock()) {
      while (taken != 0) {
        locks[--taken]->unlock();
      }
      return false;
    }
  }
  return true;
}
template <class Scope>
void by_hand(benchmark::State& state) {
  const Scope scope(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (!take_all(scope)) {
      state.SkipWithError("nobody holds a lock, but the loop failed");
      return;
    }
    benchmark::ClobberMemory();
    for (std::size_t held = scope.natives.size(); held != 0;) {
      scope.natives[--held]->unlock();
    }
  }
}

// Contention at the first device: the answer costs one try, whatever the scope.
template <class Scope>
void walk_contended(benchmark::State& state) {
  const Scope scope(static_cast<std::size_t>(state.range(0)));
  vfio::ThreadContext root;
  scope.natives[0]->lock();
  for (auto _ : state) {
    HierarchicalTryLock locked{root, scope};
    if (locked) {
      state.SkipWithError("a lock was held, but the walk succeeded");
      break;
    }
    benchmark::DoNotOptimize(locked.contended_at());
  }
  scope.natives[0]->unlock();
}
template <class Scope>
void by_hand_contended(benchmark::State& state) {
  const Scope scope(static_cast<std::size_t>(state.range(0)));
  scope.natives[0]->lock();
  for (auto _ : state) {
    bool taken = take_all(scope);
    benchmark::DoNotOptimize(taken);
    if (taken) {
      state.SkipWithError("a lock was held, but the loop succeeded");
      break;
    }
  }
  scope.natives[0]->unlock();
}

void sizes(benchmark::internal::Benchmark* benchmark) { benchmark->Arg(8)->Arg(64)->Arg(256); }

BENCHMARK(walk<Flags>)->Name("walk/devlock:cas")->Apply(sizes);
BENCHMARK(by_hand<Flags>)->Name("walk/by_hand:cas")->Apply(sizes);
BENCHMARK(walk<Mutexes>)->Name("walk/devlock:mutex")->Apply(sizes);
BENCHMARK(by_hand<Mutexes>)->Name("walk/by_hand:mutex")->Apply(sizes);
BENCHMARK(walk<RealDevices>)->Name("walk/devlock:DeviceLock")->Apply(sizes);
BENCHMARK(walk_contended<Flags>)->Name("contended/devlock:cas")->Arg(8)->Arg(256);
BENCHMARK(by_hand_contended<Flags>)->Name("contended/by_hand:cas")->Arg(8)->Arg(256);
BENCHMARK(walk_contended<Mutexes>)->Name("contended/devlock:mutex")->Arg(8)->Arg(256);
BENCHMARK(by_hand_contended<Mutexes>)->Name("contended/by_hand:mutex")->Arg(8)->Arg(256);

const bench::Peers peers[] = {
    {"walk over 8, CAS", "walk/devlock:cas/8", "walk/by_hand:cas/8"},
    {"walk over 64, CAS", "walk/devlock:cas/64", "walk/by_hand:cas/64"},
    {"walk over 256, CAS", "walk/devlock:cas/256", "walk/by_hand:cas/256"},
    {"walk over 8, std::mutex", "walk/devlock:mutex/8", "walk/by_hand:mutex/8"},
    {"walk over 64, std::mutex", "walk/devlock:mutex/64", "walk/by_hand:mutex/64"},
    {"walk over 256, std::mutex", "walk/devlock:mutex/256", "walk/by_hand:mutex/256"},
    {"walk over 256, DeviceLock", "walk/devlock:DeviceLock/256", "walk/by_hand:cas/256"},
    {"walk over 256, DeviceLock", "walk/devlock:DeviceLock/256", "walk/by_hand:mutex/256"},
    {"first of 256 held, CAS", "contended/devlock:cas/256", "contended/by_hand:cas/256"},
    {"first of 256 held, std::mutex", "contended/devlock:mutex/256", "contended/by_hand:mutex/256"},
    {"first of 256 held, CAS", "contended/devlock:cas/256", "contended/devlock:cas/8"},
};

}  // namespace
