// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Abseil's mutex, as packaged: in Debian with its deadlock checks on. Debian: libabsl-dev.
#include <absl/synchronization/mutex.h>

#include "../devices.hpp"
#include "../peers.hpp"

namespace {

using namespace bench;

class AbslMutex {
 public:
  bool try_lock() { return mutex_.TryLock(); }
  void lock() { mutex_.Lock(); }
  void unlock() { mutex_.Unlock(); }

 private:
  absl::Mutex mutex_;
};

BENCHMARK(pair_by_hand<AbslMutex>)->Name("pair/absl::Mutex");
BENCHMARK(walk_by_hand<AbslMutex>)->Name("walk/by_hand:absl")->Arg(256);

const Peers peers[] = {
    {"device, somebody may wait", "pair/WordMutex", "pair/absl::Mutex"},
    {"walk over 256, WordMutex", "walk/devlock:WordMutex/256", "walk/by_hand:absl/256"},
};

}  // namespace
