// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One device's lock, tried and given back with nobody else about: the words of this library against the bare atomic operations, which are
// the limit, and against the locks of the standard library and of POSIX.
#include <pthread.h>

#include <mutex>
#include <shared_mutex>

#include "devices.hpp"
#include "devlock/lock/device_lock.hpp"
#include "devlock/lock/word_mutex.hpp"
#include "devlock/sync/std.hpp"
#include "peers.hpp"

namespace {

using namespace bench;
using namespace devlock;

class PthreadSpin {
 public:
  PthreadSpin() { pthread_spin_init(&lock_, PTHREAD_PROCESS_PRIVATE); }
  ~PthreadSpin() { pthread_spin_destroy(&lock_); }
  PthreadSpin(const PthreadSpin&) = delete;
  PthreadSpin& operator=(const PthreadSpin&) = delete;
  bool try_lock() { return pthread_spin_trylock(&lock_) == 0; }
  void unlock() { pthread_spin_unlock(&lock_); }

 private:
  pthread_spinlock_t lock_{};
};

BENCHMARK(pair_by_hand<BareCas>)->Name("pair/bare CAS");
BENCHMARK(pair_by_hand<CasExchange>)->Name("pair/CAS, exchange");
BENCHMARK(pair_by_hand<std::mutex>)->Name("pair/std::mutex");
BENCHMARK(pair_by_hand<std::shared_mutex>)->Name("pair/std::shared_mutex");
BENCHMARK(pair_by_hand<PthreadSpin>)->Name("pair/pthread_spinlock_t");
BENCHMARK(pair_by_guard<TryWord<StdSync>>)->Name("pair/TryWord");
BENCHMARK(pair_by_guard<WordMutex<StdSync>>)->Name("pair/WordMutex");

// A device of a std::mutex and a config-access block.
struct MutexSync : StdSync {
  static constexpr bool device_lock_has_mutex = true;
};
template <class Device>
void whole_device(benchmark::State& state) {
  Device device;
  vfio::ThreadContext root;
  for (auto _ : state) {
    TryGuard guard{root, device};
    benchmark::DoNotOptimize(guard.owns_lock());
    benchmark::ClobberMemory();
  }
}
template <class Device>
void device_part(benchmark::State& state) {
  Device device;
  vfio::ThreadContext root;
  for (auto _ : state) {
    TryGuard guard{root, device.device()};
    benchmark::DoNotOptimize(guard.owns_lock());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(whole_device<DeviceLock<StdSync>>)->Name("pair/DeviceLock");
BENCHMARK(device_part<DeviceLock<StdSync>>)->Name("pair/DeviceLock::device()");
BENCHMARK(whole_device<DeviceLock<MutexSync>>)->Name("pair/DeviceLock of std::mutex");

const Peers peers[] = {
    {"device, nobody waits", "pair/TryWord", "pair/bare CAS", AtMost{1.1}},
    {"device, somebody may wait", "pair/WordMutex", "pair/std::mutex", AtMost{0.75}},
    {"device, somebody may wait", "pair/WordMutex", "pair/CAS, exchange"},
    {"device, somebody may wait", "pair/WordMutex", "pair/std::shared_mutex"},
    {"device, somebody may wait", "pair/WordMutex", "pair/pthread_spinlock_t"},
    {"the least of such a lock", "pair/CAS, exchange", "pair/std::mutex"},
    {"DeviceLock, both of its locks", "pair/DeviceLock", "pair/CAS, exchange"},
    {"DeviceLock, both of its locks", "pair/DeviceLock", "pair/std::mutex"},
    {"DeviceLock, both of its locks", "pair/DeviceLock", "pair/DeviceLock of std::mutex"},
    {"DeviceLock, device_lock alone", "pair/DeviceLock::device()", "pair/std::mutex"},
};

}  // namespace
