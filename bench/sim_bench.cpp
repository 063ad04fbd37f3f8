// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Whole resets of the simulator: what a test with thousands of them waits for. A bus reset of the whole switch and a waiting reset of
// one function, in the host of backend/sim/example.hpp.
#include <benchmark/benchmark.h>

#include "devlock/backend/sim/example.hpp"
#include "peers.hpp"

namespace {

using namespace devlock;

void bus(benchmark::State& state) {
  auto host = sim::example_host();
  for (auto _ : state) {
    if (!host.try_reset_bus(sim::example::switch_root)) {
      state.SkipWithError("nobody holds a lock, but the reset failed");
      return;
    }
  }
}
void function(benchmark::State& state) {
  auto host = sim::example_host();
  vfio::ThreadContext root;
  for (auto _ : state) {
    if (!host.reset_function(root, sim::example::edu)) {
      state.SkipWithError("the reset failed");
      return;
    }
  }
}
BENCHMARK(bus)->Name("sim/try_reset of a switch");
BENCHMARK(function)->Name("sim/reset of a function");

const bench::Peers peers("simulator: a switch of 5", "sim/try_reset of a switch", "sim/reset of a function");

}  // namespace
