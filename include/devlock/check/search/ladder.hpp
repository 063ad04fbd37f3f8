// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One scenario under every search, one after the other: reduced, full as its oracle, at most 0, 1, 2, ... preemptions,
// random, PCT. The answer prints as a table: what each found, and the smallest number of preemptions that finds it.
//
//   const LadderResult climbed = climb<Inversion>();
//   std::fputs(to_string(climbed).c_str(), stdout);
//
// A full search that finishes and says something else than the reduced one is an error of this library or a scenario
// that it cannot see into (plain data between two schedule points); it is reported as a contradiction.
#pragma once

#include <vector>

#include "devlock/check/check.hpp"

namespace devlock::check {

struct LadderPlan {
  /// Of every rung: time, depth, seed, memory, must_reach. Its search and limits of executions are replaced.
  Plan plan = {};
  std::uint64_t executions = 1000000;    ///< of the reduced search
  std::uint64_t oracle = 100000;         ///< of the full search; 0: none
  unsigned most_preemptions = 3;
  std::uint64_t bounded = 100000;        ///< for each number of preemptions
  std::uint64_t samples = 10000;         ///< of each random search
};

struct Rung {
  Search search = Search::reduced;
  unsigned preemptions = 0;  ///< of Search::bounded
  Result result;
};

struct LadderResult {
  std::vector<Rung> rungs;
  bool contradiction = false;  ///< two searches that were complete disagree

  /// The reduced or the full search was complete, and no search found anything.
  [[nodiscard]] bool verified() const {
    bool complete = false;
    for (const Rung& rung : rungs) {
      if (rung.result.outcome != Outcome::passed) {
        return false;
      }
      complete = complete || rung.result.verified();
    }
    return complete && !contradiction;
  }
  /// The first rung that found something, or none.
  [[nodiscard]] const Rung* finding() const {
    for (const Rung& rung : rungs) {
      if (rung.result.outcome != Outcome::passed) {
        return &rung;
      }
    }
    return nullptr;
  }
  /// The fewest preemptions with which a bounded search found something; -1 if none did.
  [[nodiscard]] int smallest_bound() const {
    for (const Rung& rung : rungs) {
      if (rung.search == Search::bounded && rung.result.outcome != Outcome::passed) {
        return static_cast<int>(rung.preemptions);
      }
    }
    return -1;
  }
};

constexpr const char* to_string(Search search) {
  switch (search) {
    case Search::reduced: return "reduced";
    case Search::full: return "full";
    case Search::bounded: return "bounded";
    case Search::random: return "random";
    case Search::pct: return "pct";
  }
  return "unknown";
}

/// The ladder of a scenario that is known by its check alone.
inline LadderResult climb(Result (*check_one)(const Plan& plan), const LadderPlan& wanted) {
  LadderResult climbed;
  const auto run = [&](Search search, std::uint64_t executions, unsigned preemptions) -> const Result& {
    Plan plan = wanted.plan;
    plan.search = search;
    plan.executions = executions;
    plan.preemptions = preemptions;
    plan.shorten = search == Search::reduced ? plan.shorten : 0;
    if (search != Search::reduced) {
      plan.must_reach.clear();
    }
    climbed.rungs.push_back({search, preemptions, check_one(plan)});
    return climbed.rungs.back().result;
  };
  const Result reduced = run(Search::reduced, wanted.executions, 0);
  if (wanted.oracle != 0) {
    const Result& full = run(Search::full, wanted.oracle, 0);
    const bool found = reduced.outcome != Outcome::passed && reduced.outcome != Outcome::not_covered;
    climbed.contradiction = (full.verified() && found) || (reduced.verified() && full.outcome != Outcome::passed);
  }
  for (unsigned preemptions = 0; preemptions <= wanted.most_preemptions; ++preemptions) {
    run(Search::bounded, wanted.bounded, preemptions);
  }
  run(Search::random, wanted.samples, 0);
  run(Search::pct, wanted.samples, 0);
  return climbed;
}

template <Scenario S>
LadderResult climb(const LadderPlan& wanted = {}) {
  return climb(&check<S>, wanted);
}

/// The table, a line for each search.
inline std::string to_string(const LadderResult& climbed) {
  std::string text = "search      preemptions    executions   seconds  extent      outcome\n";
  for (const Rung& rung : climbed.rungs) {
    char line[160];
    const std::string bound = rung.search == Search::bounded ? std::to_string(rung.preemptions) : "any";
    std::snprintf(line, sizeof line, "%-10s  %11s  %12llu  %8.3f  %-10s  %s\n", to_string(rung.search), bound.c_str(),
                  static_cast<unsigned long long>(rung.result.executions), rung.result.seconds,
                  to_string(rung.result.extent), to_string(rung.result.outcome));
    text += line;
  }
  if (climbed.contradiction) {
    text += "contradiction: the reduced and the full search are both complete and disagree\n";
  }
  return text;
}

}  // namespace devlock::check
