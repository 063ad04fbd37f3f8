// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Relacy, without what its umbrella headers leak: about 130 macros, new, delete, assert and errno among them.
// Everything in devlock that needs Relacy includes this header. The standard headers come first because Relacy's own
// macros must not meet them.
//
// Relacy replaces the global operator new and delete of the program that includes it; check/memory.hpp has the rest of
// that set. What it does not do: relacy.hpp or relacy_std.hpp included before this header bring their macros back.
#pragma once
#pragma GCC system_header  // "#undef $" is pedantic

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <set>
#include <sstream>
#include <stack>
#include <string>
#include <vector>

// Relacy never frees the stacks of its simulated threads, which a search that goes on after a finding cannot afford.
#define delete_fiber devlock_relacy_keeps_fiber
#include <relacy/pch.hpp>
#include <relacy/platform.hpp>
#undef delete_fiber
inline void delete_fiber(fiber_t& fiber) { ::free(fiber.fib.uc_stack.ss_sp); }

// The order matters: Relacy's headers lean on each other.
// clang-format off
#include <relacy/base.hpp>
#include <relacy/context.hpp>
#include <relacy/context_base_impl.hpp>
#include <relacy/backoff.hpp>
#include <relacy/atomic_fence.hpp>
#include <relacy/atomic.hpp>
#include <relacy/var.hpp>
#include <relacy/thread_local.hpp>
#include <relacy/test_suite.hpp>
#include <relacy/dyn_thread.hpp>
#include <relacy/stdlib/mutex.hpp>
#include <relacy/stdlib/condition_variable.hpp>
#include <relacy/stdlib/semaphore.hpp>
#include <relacy/stdlib/event.hpp>
// clang-format on

#undef $
#undef TlsAlloc
#undef TlsFree
#undef TlsGetValue
#undef TlsSetValue
