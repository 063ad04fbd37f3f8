// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A whole try_reset of devices in memory: check, locks, save, reset, restore. Its peer is the same over
// a std::mutex per function.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <vector>

#include "devlock/pci/reset.hpp"
#include "devlock/pci/topology.hpp"
#include "devlock/sync/std.hpp"
#include "devlock/vfio/order.hpp"
#include "peers.hpp"

namespace {

using namespace devlock;
using Lock = DeviceLock<StdSync>;

// A function's config space as a reset has to keep it: the 16 words of the standard header.
struct Function {
  std::array<std::uint32_t, 16> config{};
  std::array<std::uint32_t, 16> saved{};
};

// One bridge, and up to 256 functions on the bus below it.
class Bus {
 public:
  explicit Bus(std::size_t functions) : functions_(functions) {
    tree_.add(bridge);
    for (std::size_t i = 0; i != functions; ++i) {
      tree_.add(address(i), bridge);
      functions_[i].config.fill(static_cast<std::uint32_t>(i + 1));
    }
  }
  [[nodiscard]] pci::ResetScope<Lock> scope(pci::ScopeKind kind) const { return *tree_.scope(kind, address(0)); }
  [[nodiscard]] bool intact() const {
    for (std::size_t i = 0; i != functions_.size(); ++i) {
      if (functions_[i].config[3] != i + 1) {
        return false;
      }
    }
    return true;
  }

  Result<void> check(const pci::ResetScope<Lock>&) { return {}; }
  Result<void> save(pci::Address a) {
    at(a).saved = at(a).config;
    return {};
  }
  Result<void> reset(const pci::ResetScope<Lock>& scope) {
    for (const pci::Address a : scope.affected()) {
      at(a).config.fill(0);
    }
    return {};
  }
  Result<void> restore(pci::Address a) {
    at(a).config = at(a).saved;
    return {};
  }

 private:
  static constexpr pci::Address bridge{0, 0, 1, 0};
  static pci::Address address(std::size_t i) {
    return {0, 1, static_cast<std::uint8_t>(i / 8), static_cast<std::uint8_t>(i % 8)};
  }
  Function& at(pci::Address a) { return functions_[a.device * 8U + a.function]; }

  pci::Topology<Lock> tree_;
  std::vector<Function> functions_;
};

void try_reset(benchmark::State& state, pci::ScopeKind kind) {
  Bus bus(static_cast<std::size_t>(state.range(0)));
  const auto scope = bus.scope(kind);
  vfio::ThreadContext root;
  for (auto _ : state) {
    if (!pci::try_reset(root, bus, scope)) {
      state.SkipWithError("nobody holds a lock, but the reset failed");
      return;
    }
    benchmark::ClobberMemory();
  }
  if (!bus.intact()) {
    state.SkipWithError("the state was not restored");
  }
}
// The same reset written by hand over a std::mutex per function: no life, no config access, no error that names a function.
bool reset_by_hand(const vfio::ThreadContext& root, Bus& bus, const pci::ResetScope<Lock>& scope,
                   std::vector<std::mutex>& mutexes) DEVLOCK_REQUIRES(root) {
  for (std::size_t taken = 0; taken != mutexes.size(); ++taken) {
    if (!mutexes[taken].try_lock()) {
      while (taken != 0) {
        mutexes[--taken].unlock();
      }
      return false;
    }
  }
  const bool done = pci::detail::reset_locked(root, bus, scope).has_value();
  for (std::size_t held = mutexes.size(); held != 0;) {
    mutexes[--held].unlock();
  }
  return done;
}
void by_hand(benchmark::State& state, pci::ScopeKind kind) {
  Bus bus(static_cast<std::size_t>(state.range(0)));
  const auto scope = bus.scope(kind);
  std::vector<std::mutex> mutexes(scope.locks().size());
  vfio::ThreadContext root;
  for (auto _ : state) {
    if (!bus.check(scope) || !reset_by_hand(root, bus, scope, mutexes)) {
      state.SkipWithError("nobody holds a lock, but the reset failed");
      return;
    }
    benchmark::ClobberMemory();
  }
}
BENCHMARK_CAPTURE(try_reset, function, pci::ScopeKind::function)->Name("reset/function")->Arg(8);
BENCHMARK_CAPTURE(by_hand, function, pci::ScopeKind::function)->Name("reset/function:by_hand")->Arg(8);
BENCHMARK_CAPTURE(try_reset, bus, pci::ScopeKind::bus)->Name("reset/bus")->Arg(8)->Arg(256);
BENCHMARK_CAPTURE(by_hand, bus, pci::ScopeKind::bus)->Name("reset/bus:by_hand")->Arg(8)->Arg(256);

const bench::Peers peers[] = {
    {"try_reset of a function", "reset/function/8", "reset/function:by_hand/8"},
    {"try_reset of a bus of 8", "reset/bus/8", "reset/bus:by_hand/8"},
    {"try_reset of a bus of 256", "reset/bus/256", "reset/bus:by_hand/256"},
};

}  // namespace
