// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A mixed load: threads that operate on single devices of a bus, and now and then reset the whole bus. How much gets done, by
// intention locks, by the walk over words, and by std::scoped_lock over all mutexes of the bus, which waits for each. The counters say
// which part of the resets succeeded and how long the longest one took.
// An operation and a reset do the least that there is, one addition: the longer they take, the less the lock matters. What is the most
// that any lock of the bus could save? That is the load "bus for nothing", in which operations take their std::mutex as under
// std::scoped_lock, and a reset takes no lock at all. It is no lock, and stands in the table beside the goal.
#include <chrono>
#include <latch>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "devices.hpp"
#include "devlock/lock/intention_lock.hpp"
#include "devlock/order/guard.hpp"
#include "devlock/sync/word.hpp"
#include "peers.hpp"

namespace {

using namespace bench;
using namespace devlock;
using Clock = std::chrono::steady_clock;

constexpr std::size_t devices = 256;

struct ByIntention {
  using Lock = IntentionLock<StdSync>;
  struct alignas(64) Line {
    Lock lock;
  };
  ByIntention() {
    for (Line& line : lines) {
      line.lock.set_parent(&bridge.lock);
    }
  }
  template <class Act>
  void operate(std::size_t which, Act act) {
    vfio::ThreadContext root;
    Guard guard{root, lines[which].lock.alone()};
    act();
  }
  template <class Act>
  bool reset(Act act) {
    vfio::ThreadContext root;
    TryGuard guard{root, bridge.lock.subtree()};
    if (guard) {
      act();
    }
    return guard.owns_lock();
  }
  Line bridge;
  Line lines[devices];
};
struct ByWalk {
  template <class Act>
  void operate(std::size_t which, Act act) {
    vfio::ThreadContext root;
    Guard guard{root, *scope.locks()[which]};
    act();
  }
  template <class Act>
  bool reset(Act act) {
    vfio::ThreadContext root;
    HierarchicalTryLock guard{root, scope};
    if (guard) {
      act();
    }
    return guard.owns_lock();
  }
  Devices<WordMutex<StdSync>> scope{devices};
};
struct ByScopedLock {
  struct alignas(64) Line {
    std::mutex mutex;
  };
  template <class Act>
  void operate(std::size_t which, Act act) {
    const std::lock_guard guard(lines[which].mutex);
    act();
  }
  template <class Act>
  bool reset(Act act) {
    return all(act, std::make_index_sequence<devices>{});
  }
  template <class Act, std::size_t... I>
  bool all(Act act, std::index_sequence<I...>) {
    const std::scoped_lock guard(lines[I].mutex...);
    act();
    return true;
  }
  Line lines[devices];
};

struct ByNothing : ByScopedLock {
  template <class Act>
  bool reset(Act) {
    return true;
  }
};

// Threads do so many steps each, of which so many in a thousand are resets. The time of one step is what is reported, from when all
// threads are there; there are so many steps that one thread that comes or goes late does not show.
template <class Bus>
void mixed(benchmark::State& state) {
  const auto threads = static_cast<std::size_t>(state.range(0));
  const auto resets = static_cast<unsigned>(state.range(1));
  constexpr unsigned steps = 200000;
  struct alignas(64) Tally {
    unsigned tried = 0;
    unsigned done = 0;
    Clock::duration longest{};
  };
  const auto bus = std::make_unique<Bus>();
  std::vector<Tally> tallies(threads);
  std::vector<unsigned> data(devices * 16);  // a cache line for each device
  for (auto _ : state) {
    std::vector<std::thread> workers;
    std::latch ready(static_cast<std::ptrdiff_t>(threads) + 1);
    for (std::size_t worker = 0; worker != threads; ++worker) {
      workers.emplace_back([&, worker] {
        ready.arrive_and_wait();
        std::minstd_rand random(static_cast<unsigned>(worker) + 1U);
        Tally& tally = tallies[worker];
        for (unsigned step = 0; step != steps; ++step) {
          if (random() % 1000U < resets) {
            const auto before = Clock::now();
            ++tally.tried;
            tally.done += bus->reset([&] { ++data[0]; }) ? 1U : 0U;
            tally.longest = std::max(tally.longest, Clock::now() - before);
          } else {
            const std::size_t which = random() % devices;
            bus->operate(which, [&] { ++data[which * 16]; });
          }
        }
      });
    }
    ready.arrive_and_wait();
    const auto start = Clock::now();
    for (std::thread& worker : workers) {
      worker.join();
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    state.SetIterationTime(took.count() / (steps * static_cast<double>(threads)));
  }
  double tried = 0;
  double done = 0;
  double longest = 0;
  for (const Tally& tally : tallies) {
    tried += tally.tried;
    done += tally.done;
    longest = std::max(longest, std::chrono::duration<double, std::micro>(tally.longest).count());
  }
  state.counters["resets done"] = tried == 0 ? 1 : done / tried;
  state.counters["longest us"] = longest;
}
void loads(benchmark::internal::Benchmark* benchmark) {
  for (const int threads : {1, 2, 3, 4}) {
    for (const int resets : {1, 10, 100}) {
      benchmark->Args({threads, resets});
    }
  }
  benchmark->UseManualTime()->Iterations(3);
}

BENCHMARK(mixed<ByIntention>)->Name("mixed/intention")->Apply(loads);
BENCHMARK(mixed<ByWalk>)->Name("mixed/walk")->Apply(loads);
BENCHMARK(mixed<ByScopedLock>)->Name("mixed/std::scoped_lock")->Apply(loads);
BENCHMARK(mixed<ByNothing>)->Name("mixed/bus for nothing")->Apply(loads);

const Peers peers[] = {
    {"mixed, 1 thread, 1 % resets", "mixed/intention/1/10", "mixed/std::scoped_lock/1/10"},
    {"mixed, 2 threads, 0.1 % resets", "mixed/intention/2/1", "mixed/std::scoped_lock/2/1"},
    {"mixed, 2 threads, 1 % resets", "mixed/intention/2/10", "mixed/std::scoped_lock/2/10", AtMost{0.1}},
    {"the least of that: bus for nothing", "mixed/bus for nothing/2/10", "mixed/std::scoped_lock/2/10"},
    {"mixed, 2 threads, 10 % resets", "mixed/intention/2/100", "mixed/std::scoped_lock/2/100"},
    {"the least of that: bus for nothing", "mixed/bus for nothing/2/100", "mixed/std::scoped_lock/2/100"},
    {"mixed, 3 threads, 1 % resets", "mixed/intention/3/10", "mixed/std::scoped_lock/3/10"},
    {"mixed, 4 threads, 1 % resets", "mixed/intention/4/10", "mixed/std::scoped_lock/4/10"},
    {"mixed, 2 threads, 1 % resets, walk", "mixed/walk/2/10", "mixed/std::scoped_lock/2/10"},
};

}  // namespace
