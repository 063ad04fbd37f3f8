// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a guard costs: nothing beside the standard's.
#include <benchmark/benchmark.h>

#include <mutex>

#include "devlock/lock/ordered.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/order/try_guard.hpp"
#include "peers.hpp"

namespace {

using namespace devlock;

struct outer {
  static constexpr char name[] = "outer";
};
struct middle {
  static constexpr char name[] = "middle";
};
struct inner {
  static constexpr char name[] = "inner";
};
struct Order : Hierarchy<Before<outer, middle>, Before<middle, inner>> {};

void guard_devlock(benchmark::State& state) {
  Ordered<outer, std::mutex> lock;
  ThreadContext<Order> root;
  for (auto _ : state) {
    Guard guard{root, lock};
    benchmark::ClobberMemory();
  }
}
void guard_standard(benchmark::State& state) {
  std::mutex lock;
  for (auto _ : state) {
    const std::lock_guard guard{lock};
    benchmark::ClobberMemory();
  }
}
BENCHMARK(guard_devlock)->Name("guard/devlock");
BENCHMARK(guard_standard)->Name("guard/std::lock_guard");
const bench::Peers guard_peers("Guard", "guard/devlock", "guard/std::lock_guard", bench::Equal{});

void try_devlock(benchmark::State& state) {
  Ordered<outer, std::mutex> lock;
  ThreadContext<Order> root;
  for (auto _ : state) {
    TryGuard guard{root, lock};
    benchmark::DoNotOptimize(guard.owns_lock());
    benchmark::ClobberMemory();
  }
}
void try_standard(benchmark::State& state) {
  std::mutex lock;
  for (auto _ : state) {
    const std::unique_lock guard{lock, std::try_to_lock};
    benchmark::DoNotOptimize(guard.owns_lock());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(try_devlock)->Name("try/devlock");
BENCHMARK(try_standard)->Name("try/std::unique_lock");
const bench::Peers try_peers("TryGuard", "try/devlock", "try/std::unique_lock", bench::Equal{});

void nested_devlock(benchmark::State& state) {
  Ordered<outer, std::mutex> a;
  Ordered<middle, std::mutex> b;
  Ordered<inner, std::mutex> c;
  ThreadContext<Order> root;
  for (auto _ : state) {
    Guard first{root, a};
    Guard second{first, b};
    Guard third{second, c};
    benchmark::ClobberMemory();
  }
}
void nested_standard(benchmark::State& state) {
  std::mutex a;
  std::mutex b;
  std::mutex c;
  for (auto _ : state) {
    const std::lock_guard first{a};
    const std::lock_guard second{b};
    const std::lock_guard third{c};
    benchmark::ClobberMemory();
  }
}
BENCHMARK(nested_devlock)->Name("nested/devlock");
BENCHMARK(nested_standard)->Name("nested/std::lock_guard");
const bench::Peers nested_peers("three nested Guards", "nested/devlock", "nested/std::lock_guard", bench::Equal{});

}  // namespace
