// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The two expectations of a model test: a scenario is verified, or a wrong one is found out, in the stated way and
// within the stated budget. Each prints one line with executions and seconds; ctest -V shows it.
#pragma once

#include "support/catch.hpp"

#include "devlock/check/check.hpp"

namespace model {

using devlock::check::Outcome;
using devlock::check::Plan;
using devlock::check::Result;
using devlock::check::Search;

inline Result report(const char* name, Result result) {
  std::printf("model: %s: %s\n", name, to_string(result).c_str());
  for (const auto& mark : result.marks) {
    std::printf("       %12llu x %s\n", static_cast<unsigned long long>(mark.count), mark.name.c_str());
  }
  std::fflush(stdout);
  return result;
}

/// Every schedule of `S` passes, and the marks of `must_reach` were reached. The time is no part of the expectation.
template <class S>
Result expect_verified(const char* name, std::vector<const char*> must_reach = {}) {
  Result result = report(name, devlock::check::check<S>({.time = std::chrono::seconds(150), .must_reach = must_reach}));
  INFO(to_string(result) << "\n" << result.trace);
  CHECK(result.verified());
  return result;
}

constexpr const char* name_of(Search search) {
  constexpr const char* names[] = {"reduced", "full", "bounded", "random", "pct"};
  return names[static_cast<int>(search)];
}
inline constexpr Search all_searches[] = {Search::reduced, Search::full, Search::bounded, Search::random, Search::pct};

/// `S` is wrong, and every search says so with `outcome`; `message` is a part of what it says. Those that explore all do
/// so after at most `executions`, bounded (two preemptions), random and PCT after at most 20,000. A search in `missed_by`
/// does not find it in that time, which is expected too: a test that fails then is good news.
template <class S>
Result expect_found(const char* name, Outcome outcome, std::uint64_t executions, const char* message = "",
                    std::vector<Search> missed_by = {}) {
  Result first;
  std::string line;
  for (const Search search : all_searches) {
    const bool all = search == Search::reduced || search == Search::full;
    const Result result = devlock::check::check<S>({.search = search, .executions = all ? executions : 20000});
    INFO(name_of(search) << ": " << to_string(result) << "\n" << result.trace);
    if (std::find(missed_by.begin(), missed_by.end(), search) != missed_by.end()) {
      CHECK(result.outcome == Outcome::passed);
      CHECK_FALSE(result.verified());
    } else {
      CHECK(result.outcome == outcome);
      CHECK(result.message.find(message) != std::string::npos);
      CHECK_FALSE(result.verified());
    }
    line += std::string(line.empty() ? "" : ", ") + name_of(search) + " " + std::to_string(result.executions);
    if (search == Search::reduced) {
      first = result;
    }
  }
  std::printf("model: %s: %s; executions until found: %s\n", name, to_string(outcome), line.c_str());
  std::fflush(stdout);
  return first;
}

}  // namespace model
