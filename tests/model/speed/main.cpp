// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Prints the speed table of the checker: what each layer costs for an execution, how many executions the reduction saves, which
// scenarios it completes that full search does not, and how far it reaches.
//
// Exit status: 0 every goal is met, 1 one is not, 2 wrong arguments.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <set>

#include "model/speed/rates.hpp"
#include "model/speed/reach.hpp"

namespace {

using devlock::check::Extent;
using devlock::check::Outcome;
using devlock::check::Result;
using speed::Entry;

class Goals {
 public:
  void print(const char* what, double reached, double wanted, const char* unit, bool met) {
    std::printf("  %-66s %12.2f, goal %s %.2f%s\n", what, reached, unit, wanted, met ? "" : "  NOT MET");
    missed_ += met ? 0U : 1U;
  }
  [[nodiscard]] unsigned missed() const { return missed_; }

 private:
  unsigned missed_ = 0;
};

bool complete(const Result& result) { return result.outcome == Outcome::passed && result.extent == Extent::complete; }

void rates(Goals& goals) {
  std::printf("Executions per second, and in parentheses their ratio to bare types of Relacy: medians of rounds\n"
              "  %-34s %7s %10s %18s %18s %18s\n",
              "scenario", "threads", "bare", "RelacySync", "check, full", "check, reduced");
  double adapter = 1e9;
  double reduced = 1e9;
  for (const speed::Rates& r : speed::measure_rates()) {
    std::printf("  %-34s %7u %10.0f %11.0f (%.2f) %11.0f (%.2f) %11.0f (%.2f)\n", r.scenario, r.threads, r.bare.per_second,
                r.adapter.per_second, r.adapter.ratio, r.check_full.per_second, r.check_full.ratio,
                r.check_reduced.per_second, r.check_reduced.ratio);
    std::fflush(stdout);
    adapter = std::min(adapter, r.adapter.ratio);
    reduced = std::min(reduced, r.check_reduced.ratio);
  }
  goals.print("RelacySync under Relacy's own scheduler, the slowest", adapter, 0.85, "at least", adapter >= 0.85);
  goals.print("reduced search, for each execution, the slowest", reduced, 0.25, "at least", reduced >= 0.25);
}

void heading(const char* title) {
  std::printf("\n%s\n  %-8s %-58s %7s %12s %9s %12s %9s\n", title, "system", "scenario", "threads", "reduced", "seconds",
              "full", "seconds");
}
void line(const Entry& entry, const Result& reduced, const Result* full) {
  std::printf("  %-8s %-58s %7u %s%11llu %9.3f", entry.system, entry.name, entry.threads,
              complete(reduced) ? " " : ">", static_cast<unsigned long long>(reduced.executions), reduced.seconds);
  if (full != nullptr) {
    std::printf(" %s%11llu %9.3f", complete(*full) ? " " : ">", static_cast<unsigned long long>(full->executions),
                full->seconds);
  }
  std::printf("%s\n", reduced.outcome == Outcome::passed ? "" : to_string(reduced.outcome));
  std::fflush(stdout);
}

void trees(Goals& goals, double seconds) {
  heading("Tree trylock: executions; > when the time was over before the search");
  for (const Entry& entry : speed::trees()) {
    const Result reduced = entry.check(entry.plan());
    if (entry.threads > 4) {
      line(entry, reduced, nullptr);
      goals.print("seconds for 6 threads", reduced.seconds, 1, "at most", complete(reduced) && reduced.seconds <= 1);
      continue;
    }
    const Result full = speed::full(entry, seconds, 0);
    line(entry, reduced, &full);
    const double fewer = static_cast<double>(full.executions) / static_cast<double>(reduced.executions);
    goals.print(complete(full) ? "times fewer executions" : "times fewer executions, or more", fewer, 1000, "at least",
                complete(reduced) && fewer >= 1000);
  }
}

void of_the_catalogue(Goals& goals, double seconds) {
  heading("Of the catalogue: complete in a second, and not with full search in the time given");
  unsigned won = 0;
  std::set<std::string> systems;
  for (const Entry& entry : speed::of_the_catalogue()) {
    const Result reduced = entry.check(entry.plan());
    const Result full = speed::full(entry, seconds, 0);
    line(entry, reduced, &full);
    if (complete(reduced) && reduced.seconds <= 1 && !complete(full)) {
      ++won;
      systems.insert(entry.system);
    }
  }
  goals.print("scenarios", won, 5, "at least", won >= 5);
  goals.print("systems among them", static_cast<double>(systems.size()), 4, "at least", systems.size() >= 4);
}

Result within(const Entry& entry, double seconds) {
  devlock::check::Plan plan = entry.plan();
  plan.executions = 0;
  plan.time = std::chrono::duration<double>(seconds);
  return entry.check(plan);
}
void large(Goals& goals, double seconds) {
  heading("More threads, more operations: complete in the time given");
  for (const Entry& entry : speed::large()) {
    const Result reduced = within(entry, seconds);
    line(entry, reduced, nullptr);
    goals.print("seconds", reduced.seconds, seconds, "at most", complete(reduced));
  }
  heading("Larger still: how far it gets in the time given");
  for (const Entry& entry : speed::beyond()) {
    line(entry, within(entry, seconds), nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Prints the speed table of the checker. Takes about twelve times --seconds."};
  double seconds = 60;
  std::string part;
  app.add_option("--seconds", seconds, "Time for each search that is not expected to end; default 60")
      ->check(CLI::PositiveNumber);
  app.add_option("--part", part, "Only this part: rates, trees, catalogue, large")
      ->check(CLI::IsMember({"rates", "trees", "catalogue", "large"}));
  app.footer("Exit status: 0 every goal is met, 1 one is not, 2 wrong arguments");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  Goals goals;
  if (part.empty() || part == "rates") {
    rates(goals);
  }
  if (part.empty() || part == "trees") {
    trees(goals, seconds);
  }
  if (part.empty() || part == "catalogue") {
    of_the_catalogue(goals, seconds);
  }
  if (part.empty() || part == "large") {
    large(goals, seconds);
  }
  std::printf("\n%u goals missed\n", goals.missed());
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("search_speed: writing the table failed: standard output is closed or full\n", stderr);
    return 1;
  }
  return goals.missed() == 0 ? 0 : 1;
}
