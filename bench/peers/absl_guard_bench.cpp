// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A guard with the validator on against a guard of Abseil's mutex, which in Debian's build looks for deadlocks too.
// Debian: libabsl-dev.
#include <absl/synchronization/mutex.h>
#include <benchmark/benchmark.h>

#include "../peers.hpp"

namespace {

void absl_guard(benchmark::State& state) {
  absl::Mutex mutex;
  for (auto _ : state) {
    const absl::MutexLock guard(&mutex);
    benchmark::ClobberMemory();
  }
}
void absl_third_guard(benchmark::State& state) {
  absl::Mutex first;
  absl::Mutex second;
  absl::Mutex third;
  const absl::MutexLock outer(&first);
  const absl::MutexLock middle(&second);
  for (auto _ : state) {
    const absl::MutexLock guard(&third);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(absl_guard)->Name("guard/absl::Mutex");
BENCHMARK(absl_third_guard)->Name("third guard/absl::Mutex");

const bench::Peers peers[] = {
    {"Guard, validator on", "validate_first_guard", "guard/absl::Mutex", bench::AtMost{0.5}},
    {"Guard of a WordMutex, validator on", "validate_word_guard", "guard/absl::Mutex"},
    {"third Guard, validator on", "validate_third_guard", "third guard/absl::Mutex", bench::AtMost{0.5}},
};

}  // namespace
