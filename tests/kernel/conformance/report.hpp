// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What a run says: a line for the terminal, and CONFORMANCE.md.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "table.hpp"

namespace conformance {

/// One boot, as far as it was looked at.
struct Boot {
  std::string name;
  std::size_t looks;    ///< files
  std::size_t chains;   ///< of all locks, in the largest of them
  std::size_t telling;  ///< those with two or more modelled locks
};

inline std::string summary(const std::vector<Row>& table) {
  const auto count = [&](auto column) {
    return std::to_string(
        std::count_if(table.begin(), table.end(), [&](const Row& row) { return !(row.*column).empty(); }));
  };
  return std::to_string(table.size()) + " declared edges: " + count(&Row::seen) + " seen, " +
         count(&Row::not_reachable) + " not reachable, " + count(&Row::not_exercised) + " not exercised";
}

inline constexpr std::string_view date_line = "Date: ";

/// The text but for its date: two runs that saw the same differ in nothing else.
inline std::string without_date(const std::string& text) {
  const auto from = text.find(date_line);
  return from == std::string::npos ? text : text.substr(0, from) + text.substr(text.find('\n', from));
}

inline void write_report(std::ostream& out, const std::vector<Row>& table, const Observed& observed,
                         const std::vector<Boot>& boots, const std::string& kernel, const std::string& date) {
  out << "# The shipped order and a real kernel's lockdep\n\n"
      << "`sh cmake/quickstart kernel-conformance` writes this page; a test compares it with `vfio/order.hpp`.\n\n"
      << date_line << date << ", the first run that saw this. Kernel: " << kernel << ".\n\n"
      << summary(table) << ".\n"
      << "Each pair of classes that the kernel took one under the other is in the declared order, or stands in the\n"
      << "second table, or follows from that by what was taken in between. Boots:";
  for (const Boot& boot : boots) {
    out << (&boot == &boots.front() ? " " : ", ") << boot.name;
  }
  out << ".\n\n## Declared edges\n\n";
  write_rows(out, table);
  out << "\n## Edges that close a cycle\n\nThey are not declared (`vfio/refused_edges.hpp`). Linux has them.\n\n"
      << "| held | waited for | seen as | evidence |\n|---|---|---|---|\n";
  for (const auto& edge : devlock::vfio::refused_edges) {
    const auto found = observed.find({edge.outer, edge.inner});
    out << "| " << edge.outer << " | " << edge.inner << " | ";
    if (found == observed.end()) {
      out << "not seen";
    } else {
      out << example(found->second);
    }
    out << " | " << to_string(edge.evidence) << " |\n";
  }
  out << "\n## What lockdep calls them\n\n| kernel | class |\n|---|---|\n";
  for (const KernelName& one : kernel_names) {
    out << "| " << one.kernel << " | " << one.shipped << " |\n";
  }
}

}  // namespace conformance
