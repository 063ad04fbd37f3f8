// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How a scenario is explored: which search, and how long it may take.
//
//   check<MyScenario>({.search = Search::bounded, .preemptions = 2, .time = std::chrono::seconds(10)});
//
// Not limited: a single execution that never reaches a schedule point; it hangs as the real program would.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace devlock::check {

enum class Search {
  reduced,  ///< every schedule but for those that differ only in the order of operations that do not meet
  full,     ///< every schedule
  bounded,  ///< every schedule with at most Plan::preemptions switches away from a thread that could go on
  random,   ///< schedules drawn at random
  pct,      ///< random priorities that change at a few random points: finds a bug of depth d with a known probability
};

struct Plan {
  Search search = Search::reduced;
  /// Search::bounded: switches away from a thread that could go on. Switches from one that waits are free.
  unsigned preemptions = 2;
  /// Ends the search after so many executions; 0 leaves it to the time.
  std::uint64_t executions = 0;
  std::chrono::duration<double> time = std::chrono::seconds(60);
  /// Search::random and pct: another seed draws other schedules, the same one the same.
  std::uint64_t seed = 0;
  /// Search::pct: how many ordered points the bug needs; 2 for most, up to 16.
  unsigned bug_depth = 3;
  /// An execution with more schedule points than this is a livelock.
  unsigned depth = 2000;
  /// Freed memory may be handed out again at once or later: explores both. Finds ABA on addresses, doubles the search
  /// for each block that is freed.
  bool reuse_memory = false;
  /// After a finding: executions spent to find it again with fewer preemptions, for its report. 0: none.
  std::uint64_t shorten = 10000;
  /// Marks (check/mark.hpp) that must have been reached, else a pass becomes Outcome::not_covered.
  std::vector<const char*> must_reach = {};
};

}  // namespace devlock::check
