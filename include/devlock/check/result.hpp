// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What check() answers: what was found, how much was explored, and the trace of the execution that showed it. Only a
// pass with Extent::complete is a verification; the other two are tests that did not fail.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "devlock/check/report/report.hpp"

namespace devlock::check {

/// What ended the search.
enum class Outcome {
  passed,
  assertion,            ///< require() failed
  invariant,            ///< require() failed in the scenario's invariant()
  data_race,            ///< two accesses to a var that nothing orders
  deadlock,             ///< nobody can go on
  lost_wakeup,          ///< nobody can go on, and who sleeps keeps nobody from waking him: the notification is missing
  livelock,             ///< longer than Plan::depth
  not_the_owner,        ///< a mutex was unlocked by a thread that does not hold it
  locked_twice,         ///< a thread waits for or tries the mutex that it holds
  destroyed_while_held,
  bad_memory,           ///< use after free, double free, uninitialised
  leak,
  exception,            ///< one left the scenario
  other,                ///< Relacy's words are in Result::message
  not_deterministic,    ///< the failing execution, run again, did not fail in the same way
  not_covered,          ///< passed, but a mark of Plan::must_reach was not reached
};

/// How much of the scenario was explored.
enum class Extent {
  complete,    ///< every schedule
  budget_hit,  ///< the search would have gone on
  sampled,     ///< a part by design: random, bounded, or ended by a finding
};

constexpr const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed: return "passed";
    case Outcome::assertion: return "assertion failed";
    case Outcome::invariant: return "invariant failed";
    case Outcome::data_race: return "data race";
    case Outcome::deadlock: return "deadlock";
    case Outcome::lost_wakeup: return "lost wakeup";
    case Outcome::livelock: return "livelock";
    case Outcome::not_the_owner: return "unlocked by a thread that does not hold it";
    case Outcome::locked_twice: return "locked twice by one thread";
    case Outcome::destroyed_while_held: return "destroyed while held";
    case Outcome::bad_memory: return "bad use of memory";
    case Outcome::leak: return "leak";
    case Outcome::exception: return "exception";
    case Outcome::other: return "another finding";
    case Outcome::not_deterministic: return "not deterministic";
    case Outcome::not_covered: return "not covered";
  }
  return "unknown";
}

constexpr const char* to_string(Extent extent) {
  switch (extent) {
    case Extent::complete: return "complete";
    case Extent::budget_hit: return "budget hit";
    case Extent::sampled: return "sampled";
  }
  return "unknown";
}

/// How often a mark was reached, over all executions.
struct MarkCount {
  std::string name;
  std::uint64_t count = 0;
};

struct Result {
  Outcome outcome = Outcome::passed;
  Extent extent = Extent::sampled;
  std::uint64_t executions = 0;  ///< the failing one included
  std::uint64_t redundant = 0;   ///< of them: those that a reduced search began in vain
  std::uint64_t steps = 0;       ///< choices of a thread or of data, over all executions
  std::uint64_t deepest = 0;     ///< the most in one execution
  double seconds = 0;            ///< of the search, without the repetition that collects the trace
  std::string message;           ///< one line; empty for a pass
  std::string trace;             ///< the failing execution step by step; the same in every run
  Report report;                 ///< of the failing execution, for people
  std::string token;             ///< replay<Scenario>(token) repeats the failing execution
  int preemptions = -1;          ///< in the failing execution; none has fewer. -1: not known
  std::vector<MarkCount> marks;

  /// Every schedule ran and none failed.
  [[nodiscard]] bool verified() const { return outcome == Outcome::passed && extent == Extent::complete; }
  /// 0 if the mark was never reached.
  [[nodiscard]] std::uint64_t count_of(const std::string& mark) const {
    for (const MarkCount& entry : marks) {
      if (entry.name == mark) {
        return entry.count;
      }
    }
    return 0;
  }
};

/// One line: "passed, complete, 1290 executions, 0.004 s".
inline std::string to_string(const Result& result) {
  char numbers[64];
  std::snprintf(numbers, sizeof numbers, "%llu executions, %.3f s", static_cast<unsigned long long>(result.executions),
                result.seconds);
  std::string text = to_string(result.outcome);
  text += std::string(", ") + to_string(result.extent) + ", " + numbers;
  return result.message.empty() ? text : text + ": " + result.message;
}

}  // namespace devlock::check
