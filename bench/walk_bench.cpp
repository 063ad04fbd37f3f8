// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Taking a bridge and all below it: HierarchicalTryLock against loops written by hand over the same locks, which is the least that
// a walk can cost, and against a bare compare-and-swap per device, which is the least that a lock can. And how fast it is refused.
#include <mutex>

#include "devices.hpp"
#include "devlock/lock/cache_line.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/word_mutex.hpp"
#include "devlock/sync/std.hpp"
#include "peers.hpp"

namespace {

using namespace bench;
using namespace devlock;

// A device of a std::mutex and a config-access block.
struct MutexSync : StdSync {
  static constexpr bool device_lock_has_mutex = true;
};
// A scope of DeviceLocks, two locks each.
template <class S>
class WholeDevices {
 public:
  using lock_type = CacheLine<DeviceLock<S>>;
  explicit WholeDevices(std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) {
      store_.push_back(std::make_unique<lock_type>());
      locks_.push_back(store_.back().get());
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return locks_; }

 private:
  std::vector<std::unique_ptr<lock_type>> store_;
  std::vector<lock_type*> locks_;
};
template <class S>
void walk_whole(benchmark::State& state) {
  const WholeDevices<S> devices(static_cast<std::size_t>(state.range(0)));
  vfio::ThreadContext root;
  for (auto _ : state) {
    HierarchicalTryLock locked{root, devices};
    if (!locked) {
      state.SkipWithError("nobody holds a lock, but the walk failed");
      return;
    }
    benchmark::ClobberMemory();
  }
}

BENCHMARK(walk<BareCas>)->Name("walk/devlock:cas")->Apply(sizes);
BENCHMARK(walk<TryWord<StdSync>>)->Name("walk/devlock:TryWord")->Apply(sizes);
BENCHMARK(walk<WordMutex<StdSync>>)->Name("walk/devlock:WordMutex")->Apply(sizes);
BENCHMARK(walk<std::mutex>)->Name("walk/devlock:mutex")->Apply(sizes);
BENCHMARK(walk_whole<StdSync>)->Name("walk/devlock:DeviceLock")->Apply(sizes);
BENCHMARK(walk_whole<MutexSync>)->Name("walk/devlock:DeviceLock of std::mutex")->Arg(256);
BENCHMARK(walk_by_hand<BareCas>)->Name("walk/by_hand:cas")->Apply(sizes);
BENCHMARK(walk_by_hand<CasExchange>)->Name("walk/by_hand:exchange")->Arg(256);
BENCHMARK(walk_by_hand<std::mutex>)->Name("walk/by_hand:mutex")->Apply(sizes);

BENCHMARK(refused_walk<BareCas>)->Name("refused/devlock:cas")->Apply(places);
BENCHMARK(refused_by_hand<BareCas>)->Name("refused/by_hand:cas")->Apply(places);
BENCHMARK(refused_walk<std::mutex>)->Name("refused/devlock:mutex")->Apply(places);
BENCHMARK(refused_by_hand<std::mutex>)->Name("refused/by_hand:mutex")->Apply(places);

const Peers peers[] = {
    {"walk over 8, CAS", "walk/devlock:cas/8", "walk/by_hand:cas/8"},
    {"walk over 64, CAS", "walk/devlock:cas/64", "walk/by_hand:cas/64"},
    {"walk over 256, CAS", "walk/devlock:cas/256", "walk/by_hand:cas/256", AtMost{1.1}},
    {"walk over 256, TryWord", "walk/devlock:TryWord/256", "walk/by_hand:cas/256", AtMost{1.1}},
    {"walk over 256, TryWord", "walk/devlock:TryWord/256", "walk/by_hand:mutex/256", AtMost{0.75}},
    {"walk over 256, WordMutex", "walk/devlock:WordMutex/256", "walk/by_hand:mutex/256", AtMost{0.75}},
    {"walk over 256, WordMutex", "walk/devlock:WordMutex/256", "walk/by_hand:exchange/256"},
    {"the least of such a walk", "walk/by_hand:exchange/256", "walk/by_hand:mutex/256"},
    {"walk over 4096, TryWord", "walk/devlock:TryWord/4096", "walk/by_hand:cas/4096"},
    {"walk over 8, std::mutex", "walk/devlock:mutex/8", "walk/by_hand:mutex/8"},
    {"walk over 64, std::mutex", "walk/devlock:mutex/64", "walk/by_hand:mutex/64"},
    {"walk over 256, std::mutex", "walk/devlock:mutex/256", "walk/by_hand:mutex/256"},
    {"walk over 256, DeviceLock", "walk/devlock:DeviceLock/256", "walk/by_hand:mutex/256"},
    {"walk over 256, DeviceLock", "walk/devlock:DeviceLock/256", "walk/by_hand:exchange/256"},
    {"walk over 256, DeviceLock", "walk/devlock:DeviceLock/256", "walk/devlock:DeviceLock of std::mutex/256"},
    {"first of 256 held, CAS", "refused/devlock:cas/256/0", "refused/by_hand:cas/256/0"},
    {"middle of 256 held, CAS", "refused/devlock:cas/256/50", "refused/by_hand:cas/256/50"},
    {"last of 256 held, CAS", "refused/devlock:cas/256/100", "refused/by_hand:cas/256/100"},
    {"first of 256 held, std::mutex", "refused/devlock:mutex/256/0", "refused/by_hand:mutex/256/0"},
    {"middle of 256 held, std::mutex", "refused/devlock:mutex/256/50", "refused/by_hand:mutex/256/50"},
    {"last of 256 held, std::mutex", "refused/devlock:mutex/256/100", "refused/by_hand:mutex/256/100"},
};

}  // namespace
