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

/// `S` is wrong, and the search says so with `outcome` after at most `executions`; `message` is a part of what it says.
template <class S>
Result expect_found(const char* name, Outcome outcome, std::uint64_t executions, const char* message = "") {
  Result result = report(name, devlock::check::check<S>({.executions = executions}));
  INFO(to_string(result) << "\n" << result.trace);
  CHECK(result.outcome == outcome);
  CHECK(result.executions <= executions);
  CHECK(result.message.find(message) != std::string::npos);
  CHECK_FALSE(result.verified());
  return result;
}

}  // namespace model
