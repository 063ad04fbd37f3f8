// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two threads, each with a device of its own, and the two devices side by side: in one cache line, or each in its own (CacheLine). Nobody
// ever waits for a lock; what is measured is the way of the line from one processor to the other.
#include <time.h>

#include <atomic>
#include <memory>
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
using Device = DeviceLock<StdSync>;
using Word = Ordered<vfio::device_lock, WordMutex<StdSync>>;

double seconds_of_this_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The processor's time for one operation of one thread is what is reported: what a thread waits for a line counts, what it waits for a
// processor does not. Both go on until both have done their part, so that none works alone.
template <class Lock>
void neighbours(benchmark::State& state) {
  constexpr unsigned steps = 500000;
  struct alignas(cache_line_size) Pair {
    Lock locks[2];
  };
  const auto pair = std::make_unique<Pair>();
  for (auto _ : state) {
    double took[2];
    std::atomic<unsigned> ready{0};
    std::atomic<unsigned> done{0};
    const auto work = [&](unsigned index) {
      vfio::ThreadContext root;
      ready.fetch_add(1);
      while (ready.load() != 2U) {
        std::this_thread::yield();
      }
      const double start = seconds_of_this_thread();
      double total = 0;
      for (bool told = false; !told || done.load() != 2U; total += steps) {
        for (unsigned step = 0; step != steps; ++step) {
          Guard guard{root, pair->locks[index]};
          benchmark::ClobberMemory();
        }
        done.fetch_add(told ? 0U : 1U);
        told = true;
      }
      took[index] = (seconds_of_this_thread() - start) / total;
    };
    std::thread other(work, 1U);
    work(0U);
    other.join();
    state.SetIterationTime((took[0] + took[1]) / 2);
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
