// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Whether scripts produced every answer that operations can give. An answer that a kernel can give here and no script saw, and one that was
// seen and is not in a table, are both failures: so the tables say what was compared, no more and no less.
//
// Not checked: in which situation an answer came; the comparison of the scripts does that.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "function_answers.hpp"
#include "mdev_answers.hpp"
#include "tally.hpp"

namespace fidelity {

/// The lines for one table, whose operations the tally has with `prefix` before their names.
inline void check_table(std::vector<std::string>& lines, std::span<const Answer> table, std::string_view prefix,
                        const Tally& tally, const std::vector<std::string>& asked, const Producible& here) {
  const auto asks = [&](std::string_view word) { return std::find(asked.begin(), asked.end(), word) != asked.end(); };
  const auto tallied = [&](Op op) { return std::string(prefix) + name(op); };
  for (const Answer& answer : table) {
    if ((asks("all") || asks(name(answer.op))) && expected(answer, here) &&
        tally.count(tallied(answer.op), std::string(answer.text)) == 0) {
      lines.push_back("coverage: " + tallied(answer.op) + " can answer '" + std::string(answer.text) +
                      "', and no script produced that");
    }
  }
  for (const auto& [operation, seen] : tally.all()) {
    if ((operation.find('/') == std::string::npos) != prefix.empty()) {
      continue;
    }
    for (const auto& [text, count] : seen) {
      if (std::none_of(table.begin(), table.end(),
                       [&, op = std::string_view(operation), said = std::string_view(text)](const Answer& answer) {
                         return op == tallied(answer.op) && said == answer.text && answer.never.empty();
                       })) {
        lines.push_back("coverage: " + operation + " answered '" + text + "' " + std::to_string(count) +
                        " times, which the tables of answers do not know");
      }
    }
  }
}

/// One line for each answer that is missing, of the operations that are asked for ("all", or by name), and for each that the tables do not
/// have, of all operations unless that is off. "off" asks for nothing. Of what no lane has, nothing is asked.
inline std::vector<std::string> check_coverage(const Tally& tally, const std::vector<std::string>& asked,
                                               const Producible& here) {
  std::vector<std::string> lines;
  if (std::find(asked.begin(), asked.end(), "off") != asked.end()) {
    return lines;
  }
  if (here.functions) {
    check_table(lines, function_answers, "", tally, asked, here);
  }
  if (here.mdevs) {
    check_table(lines, mdev_answers, mdev_prefix, tally, asked, here);
  }
  return lines;
}

}  // namespace fidelity
