// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Trust in the reduction: on random programs the reduced search finds every outcome that full search finds, and no
// other. Reductions known to be wrong are caught by the same programs.
//
//   DEVLOCK_DIFFERENTIAL_PROGRAMS=100000 DEVLOCK_DIFFERENTIAL_SEED=7 model_differential_test
//
// Full search is Relacy's own, with its own blocking and its own choice of who wakes. A program that it does not finish
// within the budget is skipped and counted.
#include <malloc.h>

#include <cstdlib>

#include "model/support/expect.hpp"
#include "model/support/random_program.hpp"
#include "model/support/wrong_reductions.hpp"

namespace {

using namespace model;
using devlock::RelacySync;
using devlock::SpuriousRelacySync;
using devlock::check::Extent;
namespace detail = devlock::check::detail;

constexpr std::uint64_t budget = 50000;

struct Explored {
  Outcomes outcomes;
  std::uint64_t executions = 0;
  bool complete = false;
};

template <class S, class Search>
Explored explore(Search&& search) {
  outcomes.clear();
  Plan plan;
  plan.executions = budget;
  const detail::ScenarioTable scenario = detail::table_of<RandomProgram<S>>();
  const Result result = search(scenario, plan, &RandomProgram<S>::add_deadlock);
  return {outcomes, result.executions, result.extent == Extent::complete};
}

template <class S>
Explored full() {
  return explore<S>([](const auto& scenario, Plan& plan, auto on_finding) {
    plan.search = Search::full;
    detail::Session session(scenario, plan);
    std::vector<detail::Choice> choices;
    return session.template search<rl::full_search_scheduler<3>, 3>(nullptr, choices, on_finding);
  });
}
template <class S, class Policy>
Explored reduced() {
  return explore<S>([](const auto& scenario, Plan& plan, auto on_finding) {
    detail::Session session(scenario, plan);
    std::vector<detail::Choice> choices;
    detail::Tree<3, Policy> tree;
    return session.template search<detail::ReducedScheduler<3, Policy>, 3>(&tree, choices, on_finding);
  });
}

struct Tally {
  std::uint64_t programs = 0;
  std::uint64_t blocking = 0;
  std::uint64_t skipped = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t lost = 0;
  std::uint64_t invented = 0;
  std::uint64_t wrong_programs = 0;
  std::uint64_t executions_full = 0;
  std::uint64_t executions_reduced = 0;
  std::string first;
};

template <class Policy>
Explored reduced_of_program() {
  return the_program.spurious ? reduced<SpuriousRelacySync, Policy>() : reduced<RelacySync, Policy>();
}

// Each deadlock costs a new set of stacks; let the allocator keep them.
void keep_stacks() {
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
}

/// Up to `programs` random programs, of which `blocking` of four may block; fewer if `stop_at_first`.
template <class Policy>
Tally compare(unsigned seed, std::uint64_t programs, unsigned blocking, bool stop_at_first) {
  keep_stacks();
  std::mt19937 random(seed);
  Tally tally;
  while (tally.programs + tally.skipped != programs) {
    the_program = make_program(random, blocking);
    const Explored all = the_program.spurious ? full<SpuriousRelacySync>() : full<RelacySync>();
    if (!all.complete) {
      ++tally.skipped;
      continue;
    }
    const Explored few = reduced_of_program<Policy>();
    ++tally.programs;
    tally.blocking += the_program.blocks() ? 1U : 0U;
    tally.outcomes += all.outcomes.size();
    tally.executions_full += all.executions;
    tally.executions_reduced += few.executions;
    std::uint64_t lost = few.complete ? 0 : 1;
    std::uint64_t invented = 0;
    for (const std::uint64_t one : all.outcomes) {
      lost += few.outcomes.count(one) == 0 ? 1U : 0U;
    }
    for (const std::uint64_t one : few.outcomes) {
      invented += all.outcomes.count(one) == 0 ? 1U : 0U;
    }
    tally.lost += lost;
    tally.invented += invented;
    if (lost + invented != 0) {
      ++tally.wrong_programs;
      if (tally.first.empty()) {
        tally.first = to_string(the_program);
      }
      if (stop_at_first) {
        break;
      }
    }
  }
  return tally;
}

void print(const char* name, unsigned seed, const Tally& tally) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "model: differential, %s: seed %u, %llu programs (%llu that may block), %llu skipped, %llu outcomes, "
      "%llu lost, %llu invented, in %llu programs; executions %llu full, %llu reduced\n",
      name, seed, number(tally.programs), number(tally.blocking), number(tally.skipped), number(tally.outcomes),
      number(tally.lost), number(tally.invented), number(tally.wrong_programs), number(tally.executions_full),
      number(tally.executions_reduced));
  if (!tally.first.empty()) {
    std::printf("       the first:%s\n", tally.first.c_str());
  }
  std::fflush(stdout);
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}
unsigned seed() { return static_cast<unsigned>(from_environment("DEVLOCK_DIFFERENTIAL_SEED", 1)); }

TEST_CASE("The reduced search loses no outcome of random programs and invents none") {
  const std::uint64_t programs = from_environment("DEVLOCK_DIFFERENTIAL_PROGRAMS", 5000);
  const Tally tally = compare<ReductionPolicy>(seed(), programs, 3, false);
  print("source sets", seed(), tally);
  INFO(tally.first);
  CHECK(tally.lost == 0);
  CHECK(tally.invented == 0);
  CHECK(2 * tally.blocking >= tally.programs);
  CHECK(20 * tally.skipped <= programs);
  CHECK(tally.executions_reduced < tally.executions_full);
}
TEST_CASE("Plain backtracking next to sleep sets loses outcomes, which the random programs show") {
  const Tally tally = compare<PlainBacktracking>(seed(), 20000, 0, true);
  print("control, plain backtracking", seed(), tally);
  CHECK(tally.lost != 0);
}
TEST_CASE("A reduction that drops an object of a two-object operation loses outcomes, which the random programs show") {
  const Tally one = compare<OneObject>(seed(), 5000, 4, true);
  print("control, first object only", seed(), one);
  CHECK(one.lost != 0);
  const Tally other = compare<OtherObject>(seed(), 5000, 4, true);
  print("control, second object only", seed(), other);
  CHECK(other.lost != 0);
}

}  // namespace
