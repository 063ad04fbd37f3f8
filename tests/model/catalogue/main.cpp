// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Prints the table of the catalogue: scenario, threads, result, executions, seconds, complete. With --bounds the bound table of
// each scenario: what every search finds, and with how many preemptions.
//
// Exit status: 0 every entry answers what it must, 1 one does not, 2 wrong arguments.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "devlock/check/search/ladder.hpp"
#include "model/catalogue/entry.hpp"

namespace {

using catalogue::Entry;
using catalogue::Outcome;
using catalogue::Result;
using catalogue::Search;

// In few words, so that the column stays narrow.
const char* in_short(Outcome outcome) {
  switch (outcome) {
    case Outcome::assertion: return "assertion";
    case Outcome::invariant: return "invariant";
    case Outcome::not_the_owner: return "not the owner";
    case Outcome::locked_twice: return "locked twice";
    case Outcome::bad_memory: return "bad memory";
    default: return to_string(outcome);
  }
}

class Table {
 public:
  explicit Table(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      width_ = std::max(width_, static_cast<int>(std::strlen(entry.name)));
    }
    std::printf("%-8s  %-*s  %7s  %-13s  %10s  %7s  %s\n", "system", width_, "scenario", "threads", "result", "executions",
                "seconds", "complete");
  }
  void add(const Entry& entry, const Result& result, bool as_expected) const {
    std::printf("%-8s  %-*s  %7u  %-13s  %10llu  %7.3f  %s%s\n", entry.system, width_, entry.name, entry.threads,
                in_short(result.outcome), static_cast<unsigned long long>(result.executions), result.seconds,
                result.verified()                                     ? "yes"
                : result.extent == devlock::check::Extent::budget_hit ? "budget hit"
                                                                      : "no",
                as_expected ? "" : "  NOT AS EXPECTED");
    std::fflush(stdout);
  }

 private:
  int width_ = 8;
};

// Each scenario under every search. True unless two complete searches disagree.
bool print_bounds(const std::vector<Entry>& entries) {
  bool agree = true;
  for (const Entry& entry : entries) {
    devlock::check::LadderPlan ladder;
    ladder.plan = entry.plan();
    ladder.plan.must_reach.clear();
    ladder.executions = entry.executions;
    const devlock::check::LadderResult climbed = devlock::check::climb(entry.check, ladder);
    std::printf("%s: %s, %u threads\n%s\n", entry.system, entry.name, entry.threads, to_string(climbed).c_str());
    std::fflush(stdout);
    agree = agree && !climbed.contradiction;
  }
  return agree;
}

// The sequence diagram of each finding, and nothing else. True if all were found.
bool print_diagrams(const std::vector<Entry>& entries) {
  bool found = true;
  for (const Entry& entry : entries) {
    if (entry.is_fault()) {
      const Result result = entry.check(entry.plan());
      std::fputs(result.report.mermaid.c_str(), stdout);
      found = found && entry.answers(result);
    }
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Explores the scenarios of the catalogue and prints their table."};
  std::string system;
  std::string text;
  Search search = Search::reduced;
  std::uint64_t executions = 0;
  bool explain = false;
  bool mermaid = false;
  bool bounds = false;
  app.add_option("--system", system, "Only this system: pci, iommu, mdev, kvm_vfio, ap");
  app.add_option("--name", text, "Only scenarios whose name contains this text");
  app.add_option("--search", search, "reduced, full, bounded, random or pct; only the first one must answer as expected")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Search>{{"reduced", Search::reduced},
                                                                        {"full", Search::full},
                                                                        {"bounded", Search::bounded},
                                                                        {"random", Search::random},
                                                                        {"pct", Search::pct}}));
  app.add_option("--executions", executions, "At most so many for each scenario; 0: its own budget");
  app.add_flag("--explain", explain, "Below a finding: its cause and its sequence diagram");
  app.add_flag("--mermaid", mermaid, "Instead of the table: the sequence diagram of each finding, for a page");
  app.add_flag("--bounds", bounds, "Instead: each scenario under every search, with 0 to 3 preemptions");
  app.footer("Exit status: 0 every scenario answers what it must, 1 one does not, 2 wrong arguments");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  std::vector<Entry> entries = catalogue::all();
  std::erase_if(entries, [&](const Entry& entry) {
    return (!system.empty() && system != entry.system) || std::string_view(entry.name).find(text) == std::string_view::npos;
  });
  if (entries.empty()) {
    std::fprintf(stderr, "catalogue: no scenario of system '%s' contains '%s'; without options all are shown\n",
                 system.c_str(), text.c_str());
    return 2;
  }
  if (bounds) {
    return print_bounds(entries) ? 0 : 1;
  }
  if (mermaid) {
    return print_diagrams(entries) ? 0 : 1;
  }
  const Table table(entries);
  unsigned wrong = 0;
  for (const Entry& entry : entries) {
    catalogue::Plan plan = entry.plan();
    plan.search = search;
    plan.executions = executions != 0 ? executions : plan.executions;
    if (search != Search::reduced) {
      plan.must_reach.clear();
    }
    const Result result = entry.check(plan);
    const bool as_expected = search != Search::reduced || executions != 0 || entry.answers(result);
    table.add(entry, result, as_expected);
    if (explain || !as_expected) {
      std::printf("%s\n%s", result.report.cause.c_str(), explain ? result.report.diagram.c_str() : "");
    }
    wrong += as_expected ? 0U : 1U;
  }
  std::printf("%zu scenarios, %u not as expected\n", entries.size(), wrong);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("catalogue: writing the table failed: standard output is closed or full\n", stderr);
    return 1;
  }
  return wrong == 0 ? 0 : 1;
}
