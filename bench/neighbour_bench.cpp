// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two threads, each with a device of its own, and the two devices side by side: in one cache line, or each in its own (CacheLine). Nobody
// ever waits for a lock; what is measured is the way of the line from one processor to the other.
#include <chrono>
#include <thread>

#include "devices.hpp"
#include "devlock/lock/cache_line.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/word_mutex.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/sync/std.hpp"
#include "peers.hpp"

namespace {

using namespace bench;
using namespace devlock;
using Clock = std::chrono::steady_clock;
using Device = DeviceLock<StdSync>;
using Word = Ordered<vfio::device_lock, WordMutex<StdSync>>;

// The time of one operation of one thread is what is reported.
template <class Lock>
void neighbours(benchmark::State& state) {
  constexpr unsigned steps = 200000;
  struct alignas(cache_line_size) Pair {
    Lock locks[2];
  };
  const auto pair = std::make_unique<Pair>();
  for (auto _ : state) {
    Clock::duration took[2];
    const auto work = [&](unsigned index) {
      vfio::ThreadContext root;
      const auto start = Clock::now();
      for (unsigned step = 0; step != steps; ++step) {
        Guard guard{root, pair->locks[index]};
        benchmark::ClobberMemory();
      }
      took[index] = Clock::now() - start;
    };
    std::thread other(work, 1U);
    work(0U);
    other.join();
    state.SetIterationTime(std::chrono::duration<double>(took[0] + took[1]).count() / (2.0 * steps));
  }
}
BENCHMARK(neighbours<Device>)->Name("neighbours/DeviceLock")->UseManualTime()->Iterations(5);
BENCHMARK(neighbours<CacheLine<Device>>)->Name("neighbours/CacheLine<DeviceLock>")->UseManualTime()->Iterations(5);
BENCHMARK(neighbours<Word>)->Name("neighbours/WordMutex")->UseManualTime()->Iterations(5);
BENCHMARK(neighbours<CacheLine<Word>>)->Name("neighbours/CacheLine<WordMutex>")->UseManualTime()->Iterations(5);

const Peers peers[] = {
    {"neighbours, a line each", "neighbours/CacheLine<DeviceLock>", "neighbours/DeviceLock"},
    {"neighbours, a line each", "neighbours/CacheLine<WordMutex>", "neighbours/WordMutex"},
};

}  // namespace
