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

// A function that only passes on: it is its caller's code in every build, and no compiler works on a copy of its own.
#define DEVLOCK_ALWAYS_INLINE [[gnu::always_inline]] inline

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

// Clang's thread safety analysis, as attributes; nothing elsewhere. See order/capability.hpp.
#if defined(__clang__) && !defined(DEVLOCK_NO_THREAD_SAFETY_ANALYSIS)
#define DEVLOCK_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define DEVLOCK_THREAD_ANNOTATION(x)
#endif
#define DEVLOCK_CAPABILITY(kind) DEVLOCK_THREAD_ANNOTATION(capability(kind))
#define DEVLOCK_SCOPED_CAPABILITY DEVLOCK_THREAD_ANNOTATION(scoped_lockable)
#define DEVLOCK_ACQUIRES(...) DEVLOCK_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define DEVLOCK_ACQUIRES_SHARED(...) DEVLOCK_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define DEVLOCK_RELEASES(...) DEVLOCK_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define DEVLOCK_RELEASES_ANY(...) DEVLOCK_THREAD_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define DEVLOCK_RETURNS_CAPABILITY(...) DEVLOCK_THREAD_ANNOTATION(lock_returned(__VA_ARGS__))
#define DEVLOCK_ASSERTS(...) DEVLOCK_THREAD_ANNOTATION(assert_capability(__VA_ARGS__))
#define DEVLOCK_ASSERTS_SHARED(...) DEVLOCK_THREAD_ANNOTATION(assert_shared_capability(__VA_ARGS__))
#define DEVLOCK_UNANALYSED DEVLOCK_THREAD_ANNOTATION(no_thread_safety_analysis)
/// On a function that takes a context: it may only be called with a context that this thread has entered and not left.
#define DEVLOCK_REQUIRES(context) DEVLOCK_THREAD_ANNOTATION(requires_capability(::devlock::cap_of(context)))
/// On data: only touched while this lock is held, as far as Clang can see.
#define DEVLOCK_GUARDED_BY(lock) DEVLOCK_THREAD_ANNOTATION(guarded_by(lock))

// The run-time validator: in a debug build of a hosted program it is there, otherwise it is a type that vanishes. One setting
// for the whole program.
#if !defined(DEVLOCK_VALIDATE)
#if defined(NDEBUG) || !__STDC_HOSTED__
#define DEVLOCK_VALIDATE 0
#else
#define DEVLOCK_VALIDATE 1
#endif
#endif
// What a program with a validator includes for it; without one, nothing that needs an operating system. The model checker
// brings marks of its own.
#if defined(DEVLOCK_VALIDATE_HEADER)
#elif DEVLOCK_VALIDATE
#define DEVLOCK_VALIDATE_HEADER "devlock/validate/live_mark.hpp"
#else
#define DEVLOCK_VALIDATE_HEADER "devlock/validate/where.hpp"
#endif

// A precondition that the library can see broken calls this. Define it before the first include to log, to
// throw in a test, or to compile the checks away. It gets the condition and a sentence.
#if !defined(DEVLOCK_ASSERT)
#define DEVLOCK_ASSERT(condition, sentence) ((condition) ? void(0) : __builtin_trap())
#endif

namespace devlock {
// What two threads that write to different objects should keep between them: the cache lines of the processors that this is compiled for.
// Not std::hardware_destructive_interference_size, which differs between compilers and with -mtune, and so must not lay out a class.
#if defined(__s390x__)
inline constexpr unsigned cache_line_size = 256;
#elif defined(__powerpc64__) || (defined(__aarch64__) && defined(__APPLE__))
inline constexpr unsigned cache_line_size = 128;
#else
inline constexpr unsigned cache_line_size = 64;
#endif

// Hint to the processor that this thread spins.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}
}  // namespace devlock
