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

// Relacy's trace begins with what it found and the number of the execution.
inline std::string words_of_relacy(const std::string& trace) { return one_line(trace.substr(0, trace.find("\niteration: "))); }

// They are "USER ASSERT FAILED (the words of require)".
inline std::string words_of_require(const std::string& text) {
  const std::size_t begin = text.find(" (");
  return begin == std::string::npos || text.back() != ')' ? text : text.substr(begin + 2, text.size() - begin - 3);
}

/// `result` has the outcome and the message that Relacy gave.
inline void report_failure(Result& result, const Recording& recording, std::span<const char* const> thread_names,
                           unsigned threads) {
  std::vector<std::string> names;
  for (const char* name : thread_names) {
    names.emplace_back(name == nullptr ? "" : name);
  }
  result.report = make_report(recording, result.outcome, names, threads);
  result.trace = result.report.trace;
  if (result.report.lost_wakeup) {
    result.outcome = Outcome::lost_wakeup;
  }
  if (result.outcome == Outcome::assertion || result.outcome == Outcome::invariant || result.outcome == Outcome::exception) {
    result.message = words_of_require(result.message);
  } else if (!result.report.cause.empty()) {
    result.message = first_line(result.report.cause);
  }
}

}  // namespace devlock::check::detail
