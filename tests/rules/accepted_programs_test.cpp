// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Every random program that the shipped rules accept is free of deadlock, under exhaustive search. The search must have had something
// to find: the programs contain everything that there are rules about, and their threads do wait for each other.
#include "rules/support/campaign.hpp"
#include "support/catch.hpp"

namespace {

using namespace rules;

TEST_CASE("Every program that the rules accept is free of deadlock") {
  const std::uint64_t most = programs();
  std::printf("rules: seed %llu\n", static_cast<unsigned long long>(seed()));
  const Report report = run_campaign(seed(), most, Weakening::nothing, false);
  print(report);
  INFO("seed " << seed() << ", " << report.shortest);
  CHECK(report.deadlocks == 0);
  CHECK(report.programs == most);
  CHECK(report.waited_holding > most / 10);
  for (std::size_t c = 0; c != contains_count; ++c) {
    INFO("programs with " << contains_names[c]);
    CHECK(report.contains[c] > most / 200);
  }
}

TEST_CASE("A program is drawn from its seed and its number alone") {
  for (const std::uint64_t number : {1U, 17U, 4711U}) {
    const Generator once(seed(), number, Weakening::nothing);
    const Generator again(seed(), number, Weakening::nothing);
    CHECK(to_string(once.world, once.program) == to_string(again.world, again.program));
    const Generator other(seed() + 1, number, Weakening::nothing);
    CHECK(to_string(once.world, once.program) != to_string(other.world, other.program));
  }
}

}  // namespace
