// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Puts the report of the failing execution into the result: its texts, a message that says the cause, and whether the
// deadlock is a lost wakeup.
#pragma once

#include <span>

#include "devlock/check/report/make_report.hpp"

namespace devlock::check::detail {

inline std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Relacy's words are "USER ASSERT FAILED (the words of require)".
inline std::string words_of_require(const std::string& text) {
  const std::size_t begin = text.find(" (");
  return begin == std::string::npos || text.back() != ')' ? text : text.substr(begin + 2, text.size() - begin - 3);
}

/// `result` has the outcome and the message that Relacy gave.
inline void report_failure(Result& result, const Recording& recording, std::span<const char* const> thread_names,
                           unsigned threads) {
  result.report =
      make_report(recording, result.outcome, std::vector<std::string>(thread_names.begin(), thread_names.end()), threads);
  result.trace = result.report.trace;
  if (result.report.lost_wakeup) {
    result.outcome = Outcome::lost_wakeup;
  }
  if (result.outcome == Outcome::assertion || result.outcome == Outcome::invariant) {
    result.message = words_of_require(result.message);
  } else if (!result.report.cause.empty()) {
    result.message = first_line(result.report.cause);
  }
}

}  // namespace devlock::check::detail
