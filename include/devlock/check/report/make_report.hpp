// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// From the recording of a failing execution to the texts of its report. A pure function.
//
//   EventLog log;
//   ... the execution ...
//   result.report = make_report(log.recording(), Outcome::deadlock, {"open", "close"}, 2);
#pragma once

#include "devlock/check/report/cause.hpp"
#include "devlock/check/report/diagram.hpp"
#include "devlock/check/report/mermaid.hpp"
#include "devlock/check/result.hpp"

namespace devlock::check {
namespace detail {

inline std::string trace_text(const History& history, const std::string& end) {
  std::size_t name = 0;
  std::size_t what = 0;
  for (const Step& step : history.steps) {
    name = std::max(name, width_of(history.threads[step.event.thread]));
    what = std::max(what, std::min<std::size_t>(width_of(describe(history, step, true)), 60));
  }
  std::string out;
  for (std::size_t i = 0; i != history.steps.size(); ++i) {
    const Step& step = history.steps[i];
    std::string line = std::to_string(i + 1);
    line.insert(0, line.size() < 4 ? 4 - line.size() : 0, ' ');
    const auto column = [&line](const std::string& text, std::size_t width) {
      line += "  " + text;
      line.append(width_of(text) < width ? width - width_of(text) : 0, ' ');
    };
    column(history.threads[step.event.thread], name);
    column(describe(history, step, true), what);
    if (const std::string where = place(step.event.where); !where.empty()) {
      const std::string in = function(step.event.where);
      column(where + (in.empty() ? "" : " in ") + in, 0);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return end.empty() ? out : out + "      " + end + '\n';
}

}  // namespace detail

/// The report of an execution of `threads` threads that ended in `outcome`. Names of threads may be missing.
inline Report make_report(const Recording& recording, Outcome outcome, const std::vector<std::string>& thread_names,
                          unsigned threads) {
  detail::History history = detail::History::of(recording, thread_names, threads);
  const detail::Cause cause(history);
  Report report;
  switch (outcome) {
    case Outcome::deadlock:
      report.cause = cause.of_deadlock();
      report.lost_wakeup = cause.is_lost_wakeup();
      break;
    case Outcome::destroyed_while_held: report.cause = cause.of_held(); break;
    case Outcome::bad_memory: report.cause = cause.of_bad_memory(); break;
    case Outcome::data_race: report.cause = cause.of_data_race(); break;
    case Outcome::not_the_owner:
    case Outcome::locked_twice: report.cause = cause.of_wrong_owner(); break;
    default: break;
  }
  if (outcome != Outcome::deadlock && outcome != Outcome::livelock) {
    history.fail();
  }
  const std::string end = std::string(report.lost_wakeup ? "lost wakeup" : to_string(outcome)) +
                          (recording.truncated ? "; memory ran out and the record is not whole" : "");
  const std::vector<detail::Row> rows = detail::Rows::of(history, outcome == Outcome::livelock);
  report.trace = detail::trace_text(history, end);
  report.diagram = detail::Diagram(history.threads, rows, end).text();
  report.mermaid = detail::Mermaid::text(history, rows, end);
  return report;
}

}  // namespace devlock::check
