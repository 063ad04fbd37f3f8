// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Each rule, weakened on purpose, accepts a program that deadlocks, and the search finds it among as many programs as the shipped
// rules are checked with. A weakening that is not found would mean that the rule is not needed or that the search is too weak.
//
// DEVLOCK_RULES_SHOW=1 explores all programs of every weakening and prints the one with the fewest steps; that takes minutes.
#include "rules/support/campaign.hpp"
#include "support/catch.hpp"

namespace {

using namespace rules;

TEST_CASE("Each rule that is weakened on purpose is found out") {
  const std::uint64_t most = programs();
  std::printf("rules: seed %llu, the first deadlock under each weakened rule\n",
              static_cast<unsigned long long>(seed()));
  for (std::size_t w = 1; w != static_cast<std::size_t>(Weakening::count); ++w) {
    const auto weakened = static_cast<Weakening>(w);
    const bool show = std::getenv("DEVLOCK_RULES_SHOW") != nullptr;
    const Report report = run_campaign(seed(), most, weakened, !show);
    std::printf("rules: %8llu programs  %6.2f s  %s\n", static_cast<unsigned long long>(report.first), report.seconds,
                name_of(weakened));
    std::fflush(stdout);
    if (show) {
      std::printf("rules: %llu deadlocks; %s", static_cast<unsigned long long>(report.deadlocks),
                  report.shortest.c_str());
    }
    INFO("seed " << seed() << ": " << name_of(weakened));
    CHECK(report.deadlocks != 0);
  }
}

}  // namespace
