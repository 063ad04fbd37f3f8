// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Intention locks: a bus in the time of its depth, whatever is on it, and what each device pays for that per level. Against the walk
// over bare compare-and-swap locks of walk_bench.cpp, and against pairs of atomic operations.
#include "devices.hpp"
#include "devlock/lock/intention_lock.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "peers.hpp"

namespace {

using namespace bench;
using namespace devlock;
using Lock = IntentionLock<StdSync>;

// A root port, a bridge below it, and so many functions on its bus, up to 8 a slot and 32 slots a bus; then the next bridge.
class Machine {
 public:
  explicit Machine(std::size_t functions) {
    tree_.add(port);
    tree_.add(upstream, port);
    for (std::size_t i = 0; i != functions; ++i) {
      const pci::Address bridge{0, 2, static_cast<std::uint8_t>(i / 256), 0};
      if (i % 256 == 0) {
        tree_.add(bridge, upstream);
      }
      tree_.add({1, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256 / 8),
                 static_cast<std::uint8_t>(i % 8)},
                bridge);
    }
  }
  [[nodiscard]] auto everything() const { return *tree_.scope(pci::ScopeKind::subordinate, upstream); }

 private:
  static constexpr pci::Address port{0, 0, 1, 0};
  static constexpr pci::Address upstream{0, 1, 0, 0};
  pci::Topology<Lock> tree_;
};

void subtree(benchmark::State& state) {
  const Machine machine(static_cast<std::size_t>(state.range(0)));
  const auto scope = machine.everything();
  vfio::ThreadContext root;
  for (auto _ : state) {
    HierarchicalTryLock locked{root, scope};
    if (!locked) {
      state.SkipWithError("nobody holds a lock, but the try failed");
      return;
    }
    benchmark::ClobberMemory();
  }
}
// One device with so many ancestors.
void device(benchmark::State& state) {
  std::vector<std::unique_ptr<Lock>> path;
  for (std::int64_t i = 0; i <= state.range(0); ++i) {
    path.push_back(std::make_unique<Lock>());
    path.back()->set_parent(i == 0 ? nullptr : path[static_cast<std::size_t>(i) - 1].get());
  }
  vfio::ThreadContext root;
  for (auto _ : state) {
    TryGuard guard{root, path.back()->alone()};
    benchmark::DoNotOptimize(guard.owns_lock());
    benchmark::ClobberMemory();
  }
}
// So many pairs of atomic operations, one after the other: what a device with so many ancestors cannot do without.
template <class Mutex>
void pairs(benchmark::State& state) {
  walk_by_hand<Mutex>(state);
}

BENCHMARK(subtree)->Name("intention/subtree")->Apply(sizes);
BENCHMARK(device)->Name("intention/device")->DenseRange(0, 3);
BENCHMARK(pairs<BareCas>)->Name("pairs/bare CAS")->DenseRange(1, 4);
BENCHMARK(pairs<CasExchange>)->Name("pairs/CAS, exchange")->DenseRange(1, 4);

const Peers peers[] = {
    {"intention, subtree of 8", "intention/subtree/8", "walk/by_hand:cas/8"},
    {"intention, subtree of 256", "intention/subtree/256", "walk/by_hand:cas/256", AtMost{1.0 / 60}},
    {"intention, subtree of 4096", "intention/subtree/4096", "walk/by_hand:cas/4096", AtMost{1.0 / 900}},
    {"intention, device below 1", "intention/device/1", "pairs/bare CAS/2", AtMost{2.2}},
    {"intention, device below 2", "intention/device/2", "pairs/bare CAS/3", AtMost{2.2}},
    {"intention, device below 3", "intention/device/3", "pairs/bare CAS/4", AtMost{2.2}},
    {"intention, device below 1", "intention/device/1", "pairs/CAS, exchange/2", AtMost{1.15}},
    {"intention, device below 2", "intention/device/2", "pairs/CAS, exchange/3", AtMost{1.15}},
    {"intention, device below 3", "intention/device/3", "pairs/CAS, exchange/4", AtMost{1.15}},
};

}  // namespace
