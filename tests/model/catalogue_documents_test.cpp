// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the catalogue's documents say is so: INVARIANTS.md names, for each invariant, complete scenarios and wrong variants
// that are found with that very assertion; the page of each finding shows the diagram that the program prints.
#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "model/catalogue/entry.hpp"
#include "support/catch.hpp"

namespace {

using namespace catalogue;

std::string read(const std::string& name) {
  std::ifstream file(std::string(DEVLOCK_CATALOGUE_DIR) + "/" + name);
  INFO(name);
  REQUIRE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Texts = std::vector<std::string>;

Texts split(const std::string& text, char separator) {
  Texts parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}
/// What stands between pairs of `quote`.
Texts quoted(const std::string& cell, char quote) {
  const Texts parts = split(cell, quote);
  Texts inside;
  for (std::size_t place = 1; place < parts.size(); place += 2) {
    inside.push_back(parts[place]);
  }
  return inside;
}

struct Row {
  std::string invariant;
  Texts sentences;
  Texts outcomes;
  Texts holds_in;
  Texts broken_by;
};

/// The rows of all tables of a document, without their heads.
std::vector<Row> rows_of(const std::string& document) {
  std::vector<Row> rows;
  for (const std::string& line : split(document, '\n')) {
    const Texts cells = split(line, '|');
    if (cells.size() == 5 && line.find("|---") == std::string::npos && cells[1] != " Always ") {
      rows.push_back(
          {cells[1], quoted(cells[2], '"'), quoted(cells[2], '*'), quoted(cells[3], '`'), quoted(cells[4], '`')});
    }
  }
  return rows;
}

std::vector<Entry> of_these_systems() {
  std::vector<Entry> entries;
  for (const auto system : {&pci_entries, &iommu_entries, &mdev_entries, &kvm_vfio_entries, &ap_entries}) {
    for (Entry& entry : system()) {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}
const Entry* find(const std::vector<Entry>& entries, const std::string& name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}
bool among(const Texts& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}
/// Why `result` is no finding of this row; empty if it is one.
std::string mismatch(const Row& row, const Result& result) {
  const bool by_sentence = std::any_of(row.sentences.begin(), row.sentences.end(), [&](const std::string& sentence) {
    return result.message.find(sentence) != std::string::npos;
  });
  return by_sentence || among(row.outcomes, to_string(result.outcome)) ? "" : to_string(result);
}

TEST_CASE("Each invariant is asserted in complete scenarios, and broken by wrong variants of just these") {
  const std::vector<Entry> entries = of_these_systems();
  const std::vector<Row> rows = rows_of(read("INVARIANTS.md"));
  REQUIRE(rows.size() == 50);
  for (const Row& row : rows) {
    INFO(row.invariant);
    CHECK_FALSE((row.sentences.empty() && row.outcomes.empty()));
    REQUIRE_FALSE(row.holds_in.empty());
    REQUIRE_FALSE(row.broken_by.empty());
    for (const std::string& name : row.holds_in) {
      INFO(name);
      const Entry* entry = find(entries, name);
      REQUIRE(entry != nullptr);
      CHECK_FALSE(entry->is_fault());
      CHECK(entry->check(entry->plan()).verified());
    }
    for (const std::string& name : row.broken_by) {
      INFO(name);
      const Entry* entry = find(entries, name);
      REQUIRE(entry != nullptr);
      REQUIRE(entry->is_fault());
      const Result result = entry->check(entry->plan());
      CHECK(entry->answers(result));
      CHECK(mismatch(row, result) == "");
      CHECK(among(row.holds_in, entry->without_fault));
    }
  }
}

TEST_CASE("No scenario of these systems is without an invariant") {
  std::set<std::string> named;
  for (const Row& row : rows_of(read("INVARIANTS.md"))) {
    named.insert(row.holds_in.begin(), row.holds_in.end());
    named.insert(row.broken_by.begin(), row.broken_by.end());
  }
  for (const Entry& entry : of_these_systems()) {
    INFO(entry.name);
    CHECK((entry.larger || named.count(entry.name) == 1));
  }
}

TEST_CASE("Each point that a naive model gets wrong names scenarios and tests that there are") {
  const std::vector<Entry> entries = of_these_systems();
  const std::string text = read("INVARIANTS.md");
  unsigned points = 0;
  for (const std::string& line : split(text.substr(text.find("## What a naive model")), '\n')) {
    const Texts cells = split(line, '|');
    if (cells.size() != 3 || line.find("|---") == 0 || line.find("Shown by") != std::string::npos) {
      continue;
    }
    INFO(line);
    const Texts names = quoted(cells[2], '`');
    CHECK_FALSE(names.empty());
    for (const std::string& name : names) {
      INFO(name);
      CHECK((find(entries, name) != nullptr || std::ifstream(DEVLOCK_CATALOGUE_DIR "/../../" + name).is_open()));
    }
    ++points;
  }
  CHECK(points == 15);
}

TEST_CASE("A row that names the wrong sentence is noticed") {
  const std::vector<Entry> entries = of_these_systems();
  const Entry* v7 = find(entries, "V7 function reset without the bridge's lock (6.12)");
  REQUIRE(v7 != nullptr);
  const Result result = v7->check(v7->plan());
  CHECK(mismatch({"", {"a reset goes through a locked bridge"}, {}, {}, {}}, result).empty());
  CHECK_FALSE(mismatch({"", {"restore only after save"}, {"deadlock"}, {}, {}}, result).empty());
}

/// Without line numbers, which change with every edit of a header.
std::string without_lines(const std::string& text) {
  return std::regex_replace(text, std::regex(R"(\.hpp:[0-9]+)"), ".hpp");
}
// `document` shows the diagram of the wrong variant `name`, its executions, and names the scenario without the fault.
void expect_shown(const std::string& document, const std::string& name) {
  INFO(document << ": " << name);
  const std::vector<Entry> entries = of_these_systems();
  const Entry* entry = find(entries, name);
  REQUIRE(entry != nullptr);
  const Result result = entry->check(entry->plan());
  const std::string text = read(document);
  const std::size_t from = text.find("```mermaid\n");
  REQUIRE(from != std::string::npos);
  const std::size_t begin = from + std::string("```mermaid\n").size();
  CHECK(without_lines(text.substr(begin, text.find("```\n", begin) - begin)) == without_lines(result.report.mermaid));
  CHECK(text.find(name + "   " + std::to_string(entry->threads) + " threads   " + to_string(result.outcome) + "   " +
                  std::to_string(result.executions) + " executions\n") != std::string::npos);
  const Entry* without = find(entries, entry->without_fault);
  REQUIRE(without != nullptr);
  CHECK(without->check(without->plan()).verified());
  CHECK(text.find(std::string("`") + without->name + "`") != std::string::npos);
}

TEST_CASE("A document of a finding shows the diagram that the program prints, and how many executions it takes") {
  expect_shown("pci/V10.md", "V10 sriov_numvfs against remove: device_lock first (6.12.117)");
  expect_shown("mdev/lost-instance.md", "create, create without memory: the instance is lost (6.12)");
  expect_shown("mdev/lost-remove-file.md", "create, early remove: the file is lost (6.12)");
  expect_shown("mdev/late-trylock.md", "5 remove, unregister: unreg_sem tried too late (6.12)");
  expect_shown("ap/stale-pointer.md", "mdev gone, unplug: a queue keeps its pointer (Linux 6.12)");
}

}  // namespace
