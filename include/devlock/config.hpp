// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Version, feature tests and the hook for broken preconditions: the only home of compiler conditionals.
// What it does not do: it changes no rule. A program that compiles with one compiler is refused or
// accepted by the others for the same reason.
#pragma once

#include <version>

#define DEVLOCK_VERSION_MAJOR 0
#define DEVLOCK_VERSION_MINOR 1
#define DEVLOCK_VERSION_PATCH 0

// An empty member that takes no room in its class.
#define DEVLOCK_NO_UNIQUE_ADDRESS [[no_unique_address]]

// The `expected` that results are made of: the standard one where the language mode has it.
#if defined(__cpp_lib_expected)
#define DEVLOCK_EXPECTED_HEADER <expected>
#define DEVLOCK_EXPECTED_NAMESPACE std
#else
#define DEVLOCK_EXPECTED_HEADER <tl/expected.hpp>
#define DEVLOCK_EXPECTED_NAMESPACE tl
#endif

// A precondition that the library can see broken calls this. Define it before the first include to log, to
// throw in a test, or to compile the checks away. It gets the condition and a sentence.
#if !defined(DEVLOCK_ASSERT)
#define DEVLOCK_ASSERT(condition, sentence) ((condition) ? void(0) : __builtin_trap())
#endif

namespace devlock {
// Hint to the processor that this thread spins.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}
}  // namespace devlock
