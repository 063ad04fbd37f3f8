// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The table in the repository, CONFORMANCE.md: one row for each declared edge, "seen", "not reachable" or "not
// exercised". Written by a run; read back by a test, which needs no kernel.
#pragma once

#include <algorithm>
#include <istream>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "judge.hpp"
#include "reasons.hpp"

namespace conformance {

struct Row {
  Edge edge;
  std::string seen;
  std::string not_reachable;
  std::string not_exercised;
  friend bool operator==(const Row&, const Row&) = default;
};

/// How an edge was seen in the first boot that saw it, without the numbers that lockdep gives to names: these differ from
/// run to run, and with them the page would.
inline std::string example(const std::vector<Witness>& witnesses) {
  const auto plain = [](const std::string& name) { return name.substr(0, name.find('#')); };
  std::string least;
  for (const Witness& one : witnesses) {
    const std::string text = "`" + plain(one.outer) + "` → `" + plain(one.inner) + "` (" + one.boot + ")";
    if (one.boot == witnesses.front().boot && (least.empty() || text < least)) {
      least = text;
    }
  }
  return least;
}

/// A row for each declared edge, in the order of the declaration.
inline std::vector<Row> rows(const DeclaredOrder& order, const Observed& observed) {
  std::vector<Row> all;
  for (const Edge& edge : order.edges()) {
    Row row{edge, "", "", ""};
    if (const auto found = observed.find(edge); found != observed.end()) {
      row.seen = example(found->second);
    } else if (const auto why = reason(edge.first, edge.second); !why.empty()) {
      row.not_reachable = why;
    } else {
      row.not_exercised = "not seen";
    }
    all.push_back(std::move(row));
  }
  return all;
}

/// Edges that were seen and that reasons.hpp calls not reachable.
inline std::vector<Edge> outdated(const Observed& observed) {
  std::vector<Edge> all;
  for (const auto& [edge, witnesses] : observed) {
    if (!reason(edge.first, edge.second).empty()) {
      all.push_back(edge);
    }
  }
  return all;
}

inline void write_rows(std::ostream& out, const std::vector<Row>& table) {
  out << "| held | waited for | seen as | not reachable | not exercised |\n|---|---|---|---|---|\n";
  for (const Row& row : table) {
    out << "| " << row.edge.first << " | " << row.edge.second << " | " << row.seen << " | " << row.not_reachable
        << " | " << row.not_exercised << " |\n";
  }
}

/// The rows of the first table of the file that has these columns.
inline std::vector<Row> read_rows(std::istream& in) {
  std::vector<Row> all;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "| held | waited for | seen as | not reachable | not exercised |") {
      inside = true;
      continue;
    }
    if (!inside || line.starts_with("|---")) {
      continue;
    }
    if (!line.starts_with("| ")) {
      break;
    }
    std::vector<std::string> cells;
    std::size_t from = 1;
    for (std::size_t bar = 0; (bar = line.find('|', from)) != std::string::npos; from = bar + 1) {
      const auto first = line.find_first_not_of(' ', from);
      const auto last = line.find_last_not_of(' ', bar - 1);
      cells.push_back(first < bar && last >= first ? line.substr(first, last - first + 1) : "");
    }
    cells.resize(5);
    all.push_back({{cells[0], cells[1]}, cells[2], cells[3], cells[4]});
  }
  return all;
}

/// What is wrong with a table; empty if it lists exactly the declared edges and nothing is left to exercise.
inline std::vector<std::string> faults(const DeclaredOrder& order, const std::vector<Row>& table) {
  std::vector<std::string> all;
  const auto text = [](const Edge& edge) { return edge.first + " before " + edge.second; };
  for (const Edge& edge : order.edges()) {
    const auto count = std::count_if(table.begin(), table.end(), [&](const Row& row) { return row.edge == edge; });
    if (count != 1) {
      all.push_back(text(edge) + " is declared and stands there " + std::to_string(count) + " times");
    }
  }
  for (const Row& row : table) {
    if (!order.declares(row.edge)) {
      all.push_back(text(row.edge) + " is not declared");
    } else if (!row.not_exercised.empty()) {
      all.push_back(text(row.edge) + " is not exercised");
    } else if (row.seen.empty() == row.not_reachable.empty()) {
      all.push_back(text(row.edge) + " is to be either seen or not reachable");
    } else if (!row.not_reachable.empty() && row.not_reachable != reason(row.edge.first, row.edge.second)) {
      all.push_back(text(row.edge) + " has a reason that reasons.hpp has not");
    }
  }
  return all;
}

}  // namespace conformance
