// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A campaign: so many random programs that the rules accept, each explored completely. The numbers come from the environment, for
// longer runs and other programs:
//
//   DEVLOCK_RULES_PROGRAMS   250,000 unless given
//   DEVLOCK_RULES_SEED       1 unless given
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "rules/support/explorer.hpp"
#include "rules/support/generator.hpp"

namespace rules {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}
inline std::uint64_t seed() {
  return number_from("DEVLOCK_RULES_SEED", 1);
}
inline std::uint64_t programs() {
  return number_from("DEVLOCK_RULES_PROGRAMS", 250'000);
}

struct Report {
  std::uint64_t programs = 0;
  std::uint64_t deadlocks = 0;
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  std::uint64_t largest = 0;         ///< states of the largest program
  std::uint64_t waited_holding = 0;  ///< programs in which somebody had to wait while holding something
  std::uint64_t contains[contains_count]{};
  std::uint64_t features[feature_count]{};
  double seconds = 0;
  std::string shortest;     ///< of the programs that deadlock, the one with the fewest steps
  std::uint64_t first = 0;  ///< the number of the first program that deadlocks, from 1
};

/// Explores programs 1 ... `most`; ends at the first deadlock if asked to.
inline Report run_campaign(std::uint64_t seed, std::uint64_t most, Weakening weakened, bool stop_at_first) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  Report report;
  Explorer explorer;
  std::size_t fewest = none;
  for (std::uint64_t number = 1; number <= most; ++number) {
    const Generator generated(seed, number, weakened);
    const std::optional<Stuck> stuck = explorer.explore(generated.program);
    ++report.programs;
    report.states += explorer.states();
    report.largest = std::max<std::uint64_t>(report.largest, explorer.states());
    report.waited_holding += explorer.waited_holding() ? 1U : 0U;
    std::size_t steps = 0;
    for (const auto& thread : generated.program.steps) {
      steps += thread.size();
    }
    report.steps += steps;
    for (std::size_t c = 0; c != contains_count; ++c) {
      report.contains[c] += generated.contains[c] ? 1U : 0U;
    }
    for (std::size_t f = 0; f != feature_count; ++f) {
      report.features[f] += generated.world.has[f] ? 1U : 0U;
    }
    if (stuck) {
      report.first = report.deadlocks++ == 0 ? number : report.first;
      if (steps < fewest) {
        fewest = steps;
        report.shortest =
            "program " + std::to_string(number) + "\n" + to_string(generated.world, generated.program, *stuck);
      }
      if (stop_at_first) {
        break;
      }
    }
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return report;
}

inline void print(const Report& report) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("rules: %llu programs, %llu steps, %llu states (at most %llu), %llu deadlocks, %.1f s\n",
              number(report.programs), number(report.steps), number(report.states), number(report.largest),
              number(report.deadlocks), report.seconds);
  std::printf("rules: %9llu with a thread that had to wait while it held something\n", number(report.waited_holding));
  for (std::size_t c = 0; c != contains_count; ++c) {
    std::printf("rules: %9llu with %s\n", number(report.contains[c]), contains_names[c]);
  }
  std::fflush(stdout);
}

}  // namespace rules
