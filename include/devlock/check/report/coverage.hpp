// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The marks of a search as a table, those first that the plan wants and the search never reached.
//
//   std::fputs(to_string(result.marks, plan.must_reach).c_str(), stdout);
//
//              0  rollback of two       NEVER REACHED
//        958,710  entered
#pragma once

#include <algorithm>

#include "devlock/check/report/progress.hpp"
#include "devlock/check/result.hpp"

namespace devlock::check {

/// A line for each mark: how often it was reached over all executions, and its name.
inline std::string to_string(const std::vector<MarkCount>& marks, const std::vector<const char*>& must_reach = {}) {
  std::vector<MarkCount> rows;
  for (const char* wanted : must_reach) {
    const auto reached = [wanted](const MarkCount& mark) { return mark.name == wanted && mark.count != 0; };
    if (std::none_of(marks.begin(), marks.end(), reached)) {
      rows.push_back({wanted, 0});
    }
  }
  std::size_t name = 0;
  rows.insert(rows.end(), marks.begin(), marks.end());
  for (const MarkCount& row : rows) {
    name = std::max(name, row.name.size());
  }
  std::string text;
  for (const MarkCount& row : rows) {
    const std::string count = Progress::grouped(row.count);
    text.append(count.size() < 15 ? 15 - count.size() : 0, ' ');
    text += count + "  " + row.name;
    if (row.count == 0) {
      text.append(name - row.name.size() + 2, ' ');
      text += "NEVER REACHED";
    }
    text += '\n';
  }
  return text;
}

}  // namespace devlock::check
