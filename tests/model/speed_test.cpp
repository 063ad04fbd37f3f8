// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The speed table in executions, which are the same on every machine: the reduced search completes within the number that
// each scenario states, and full search is not through after a thousand times as many, or after 200,000. Seconds and rates
// are measured by the target run_search_speed.
#include "model/speed/reach.hpp"
#include "support/catch.hpp"

namespace {

using devlock::check::Extent;
using devlock::check::Outcome;
using devlock::check::Result;
using speed::Entry;

Result expect_complete(const Entry& entry) {
  Result result = entry.check(entry.plan());
  INFO(entry.name << ": " << to_string(result) << "\n" << result.trace);
  CHECK(result.verified());
  return result;
}
void expect_out_of_reach(const Entry& entry, std::uint64_t executions) {
  const Result result = speed::full(entry, 150, executions);
  INFO(entry.name << ", full search: " << to_string(result));
  CHECK(result.outcome == Outcome::passed);
  CHECK(result.extent == Extent::budget_hit);
  CHECK(result.executions == executions);
}

TEST_CASE("A tree is tried by 3, 4 and 6 threads with less than a thousandth of the executions of full search") {
  for (const Entry& entry : speed::trees()) {
    const Result reduced = expect_complete(entry);
    if (entry.threads < 6) {
      expect_out_of_reach(entry, 1000 * reduced.executions);
    }
  }
}

TEST_CASE("Scenarios of all five systems are complete, for which full search is far from its end") {
  REQUIRE(speed::of_the_catalogue().size() == 6);
  for (const Entry& entry : speed::of_the_catalogue()) {
    expect_complete(entry);
    expect_out_of_reach(entry, 200000);
  }
}

TEST_CASE("Three threads twice over and four threads at a gate are complete") {
  for (const Entry& entry : speed::large()) {
    expect_complete(entry);
  }
}

}  // namespace
