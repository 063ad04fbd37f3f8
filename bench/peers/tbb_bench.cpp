// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The spin locks of oneTBB. Debian: libtbb-dev.
#include <oneapi/tbb/spin_mutex.h>
#include <oneapi/tbb/spin_rw_mutex.h>

#include "../devices.hpp"
#include "../peers.hpp"

namespace {

using namespace bench;

BENCHMARK(pair_by_hand<tbb::spin_mutex>)->Name("pair/tbb::spin_mutex");
BENCHMARK(pair_by_hand<tbb::spin_rw_mutex>)->Name("pair/tbb::spin_rw_mutex");
BENCHMARK(walk_by_hand<tbb::spin_mutex>)->Name("walk/by_hand:tbb")->Arg(256);

const Peers peers[] = {
    {"device, nobody waits", "pair/TryWord", "pair/tbb::spin_mutex"},
    {"device, nobody waits", "pair/TryWord", "pair/tbb::spin_rw_mutex"},
    {"walk over 256, TryWord", "walk/devlock:TryWord/256", "walk/by_hand:tbb/256"},
};

}  // namespace
