// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Work that waits in the kernel and that nothing ends: done by a child process, which may be left behind. A thread would not do: a
// process does not end before its last thread has left the kernel, and its shell waits for that.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>

#include "devlock/backend/error.hpp"

namespace try_reset {

using Clock = std::chrono::steady_clock;

struct Answered {
  bool in_time = false;  ///< else the child still works on it
  devlock::Result<void> result{};
  pid_t child = -1;
};

/// Runs `work` in a child process and waits for its result until `deadline`. The child has none of this process's terminal,
/// standard streams or session, so that nobody waits for them either. Call it before any thread is started.
[[nodiscard]] Answered in_a_child(Clock::time_point deadline, devlock::Operation operation,
                                  const std::function<devlock::Result<void>()>& work);

}  // namespace try_reset
