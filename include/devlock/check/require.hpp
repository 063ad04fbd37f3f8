// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// An assertion of a scenario: if it does not hold the search ends, and the execution that showed it becomes the trace.
// Catch2's own macros must not be used on a simulated thread; its stack has 64 KiB.
//
//   check::require(inside == 0, "nobody is inside after close");
#pragma once

#include <stdexcept>
#include <string>

#include "devlock/sync/relacy/event.hpp"

namespace devlock::check {

/// Ends the search unless `condition` holds. `message` says what must always be true. Outside a scenario: std::logic_error.
inline void require(bool condition, const char* message, const relacy::Location& where = {}) {
  if (!condition) {
    if (!rl::is_ctx()) {
      throw std::logic_error(std::string("devlock: require() failed outside a scenario: ") + message);
    }
    relacy::record(relacy::Operation::mark, relacy::Phase::refused, message, where);
    rl::ctx().fail_test(message, rl::test_result_user_assert_failed, where);
  }
}

}  // namespace devlock::check
