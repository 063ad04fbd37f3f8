// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The steps of a history as the lines of a diagram: equal neighbours are one line, a tail that repeats itself is shown
// once, and of a long history the end is shown. What was left out is said in a line of its own.
#pragma once

#include "devlock/check/report/words.hpp"

namespace devlock::check::detail {

struct Row {
  enum class Kind { done, refused, waits, fails, remark };

  Kind kind = Kind::remark;
  unsigned thread = 0;
  int object = ObjectTable::none;
  std::string text;
  std::string where;
  unsigned times = 1;

  bool operator==(const Row&) const = default;
};

class Rows {
 public:
  static constexpr std::size_t most = 100;

  /// `repeats`: the history ended because it went on and on.
  static std::vector<Row> of(const History& history, bool repeats) {
    std::vector<Row> rows;
    for (const Step& step : history.steps) {
      Row row{kind_of(step), step.event.thread, step.object, describe(history, step, false), place(step.event.where), 1};
      if (!rows.empty() && same_but_for_times(rows.back(), row)) {
        ++rows.back().times;
      } else {
        rows.push_back(std::move(row));
      }
    }
    if (repeats) {
      fold_tail(rows);
    }
    if (rows.size() > most) {
      const std::size_t left_out = rows.size() - most;
      rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(left_out));
      rows.insert(rows.begin(), remark(std::to_string(left_out) + " lines before are left out"));
    }
    return rows;
  }

 private:
  static Row remark(std::string text) { return {Row::Kind::remark, 0, ObjectTable::none, std::move(text), {}, 1}; }
  static Row::Kind kind_of(const Step& step) {
    switch (step.kind) {
      case Step::Kind::done: return Row::Kind::done;
      case Step::Kind::refused: return step.event.operation == Operation::mark ? Row::Kind::fails : Row::Kind::refused;
      case Step::Kind::waits: return Row::Kind::waits;
      case Step::Kind::fails: return Row::Kind::fails;
    }
    return Row::Kind::done;
  }
  static bool same_but_for_times(const Row& a, Row b) {
    b.times = a.times;
    return a == b;
  }
  // The smallest period of which the end has three or more turns; an end cut within a turn counts.
  static void fold_tail(std::vector<Row>& rows) {
    for (std::size_t period = 1; period <= 50 && 3 * period <= rows.size(); ++period) {
      std::size_t equal = 0;
      while (equal + period < rows.size() &&
             rows[rows.size() - 1 - equal] == rows[rows.size() - 1 - equal - period]) {
        ++equal;
      }
      if (equal >= 2 * period) {
        const std::size_t turns = equal / period + 1;
        rows.resize(rows.size() - (turns - 1) * period);
        rows.push_back(remark("the last " + std::to_string(period) + (period == 1 ? " line repeats" : " lines repeat") +
                              ", " + std::to_string(turns) + " times so far"));
        return;
      }
    }
  }
};

}  // namespace devlock::check::detail
