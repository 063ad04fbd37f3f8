// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the validator costs. A program has it or has it not: it is on in `bench_validated`, and off in `bench` if that is a Release build.
#include <benchmark/benchmark.h>

#include <mutex>

#include "devlock/devlock.hpp"
#include "devlock/sync/word.hpp"
#include "peers.hpp"

namespace {

using namespace devlock;

constexpr const char* setting = DEVLOCK_VALIDATE != 0 ? "validator on" : "validator off";

Ordered<vfio::group_lock, std::mutex> group;
Ordered<vfio::dev_set_lock, std::mutex> dev_set;
Ordered<vfio::kvm_lock, std::mutex> vm;
Ordered<vfio::group_lock, WordMutex<StdSync>> word;

void validate_lock_guard(benchmark::State& state) {
  std::mutex mutex;
  for (auto _ : state) {
    const std::lock_guard guard(mutex);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(validate_lock_guard);

void validate_first_guard(benchmark::State& state) {
  vfio::ThreadContext root;
  for (auto _ : state) {
    Guard guard{root, group};
    benchmark::ClobberMemory();
  }
  state.SetLabel(setting);
}
BENCHMARK(validate_first_guard);

void validate_word_guard(benchmark::State& state) {
  vfio::ThreadContext root;
  for (auto _ : state) {
    Guard guard{root, word};
    benchmark::ClobberMemory();
  }
  state.SetLabel(setting);
}
BENCHMARK(validate_word_guard);

void validate_third_guard(benchmark::State& state) {
  vfio::ThreadContext root;
  Guard first{root, group};
  Guard second{first, dev_set};
  for (auto _ : state) {
    Guard guard{second, vm};
    benchmark::ClobberMemory();
  }
  state.SetLabel(setting);
}
BENCHMARK(validate_third_guard);

void validate_try_guard(benchmark::State& state) {
  vfio::ThreadContext root;
  Guard outer{root, vm};
  for (auto _ : state) {
    TryGuard guard{outer, group};
    benchmark::DoNotOptimize(guard.owns_lock());
  }
  state.SetLabel(setting);
}
BENCHMARK(validate_try_guard);

// What of a guard is the mutex; the rest is the guard's, which is nothing with the validator off.
const bench::Peers peers[] = {
    {std::string("Guard, ") + setting + ": the mutex", "validate_lock_guard", "validate_first_guard"},
};

}  // namespace
