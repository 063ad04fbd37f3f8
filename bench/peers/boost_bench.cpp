// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Boost's try_lock over a range, the one in common use that takes any number of locks at once. Debian: libboost-thread-dev.
#include <boost/iterator/indirect_iterator.hpp>
#include <boost/thread/lock_algorithms.hpp>

#include <mutex>

#include "../devices.hpp"
#include "../peers.hpp"

namespace {

using namespace bench;

void range(benchmark::State& state) {
  const Devices<std::mutex> devices(static_cast<std::size_t>(state.range(0)));
  const auto first = boost::make_indirect_iterator(devices.natives.begin());
  const auto last = boost::make_indirect_iterator(devices.natives.end());
  for (auto _ : state) {
    if (boost::try_lock(first, last) != last) {
      state.SkipWithError("nobody holds a lock, but the range failed");
      return;
    }
    benchmark::ClobberMemory();
    give_all(devices.natives);
  }
}
BENCHMARK(range)->Name("walk/boost::try_lock(range)")->Arg(8)->Arg(256);

const Peers peers[] = {
    {"walk over 256, TryWord", "walk/devlock:TryWord/256", "walk/boost::try_lock(range)/256", AtMost{0.65}},
    {"walk over 256, std::mutex", "walk/devlock:mutex/256", "walk/boost::try_lock(range)/256"},
};

}  // namespace
