// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Coverage of a scenario: it marks what happened, and the result says how often. A search in which no rollback ever ran
// proves nothing about rollback; Plan::must_reach turns that into a failure.
//
//   if (!locked) check::mark("contended");
//
// Marks have no schedule point and change nothing. Not checked: names that are misspelt, unless the plan asks for them.
#pragma once

#include <cstring>

#include "devlock/check/require.hpp"
#include "devlock/check/result.hpp"

namespace devlock::check {
namespace detail {

class Marks {
 public:
  static constexpr std::size_t capacity = 64;

  void clear() { used_ = 0; }
  /// False if there is no room for another name.
  bool add(const char* name) {
    for (std::size_t i = 0; i != used_; ++i) {
      if (entries_[i].name == name || std::strcmp(entries_[i].name, name) == 0) {
        ++entries_[i].count;
        return true;
      }
    }
    if (used_ == capacity) {
      return false;
    }
    entries_[used_++] = {name, 1};
    return true;
  }
  [[nodiscard]] std::vector<MarkCount> counts() const {
    std::vector<MarkCount> all;
    for (std::size_t i = 0; i != used_; ++i) {
      all.push_back({entries_[i].name, entries_[i].count});
    }
    return all;
  }

 private:
  struct Entry {
    const char* name = nullptr;
    std::uint64_t count = 0;
  };
  // No container: a simulated thread adds to it, and its allocations would count as the scenario's.
  Entry entries_[capacity];
  std::size_t used_ = 0;
};

inline Marks marks;

}  // namespace detail

/// Counts that `name` was reached. `name` must be a string literal; up to 64 different ones in a scenario.
inline void mark(const char* name, const relacy::Location& where = {}) {
  require(detail::marks.add(name), "a scenario has room for 64 marks", where);
  relacy::record(relacy::Operation::mark, relacy::Phase::done, name, where);
}

}  // namespace devlock::check
