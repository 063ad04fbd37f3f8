// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// How often each operation gave each answer.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include "answer.hpp"

namespace fidelity {

class Tally {
 public:
  using Answers = std::map<std::string, std::uint64_t>;

  /// `prefix` comes before the names of the operations: the same one on another kind of device is another one.
  void add(const Notes& notes, std::string_view prefix = {}) {
    for (const Note& one : notes) {
      if (!one.operation.empty()) {
        ++all_[std::string(prefix) + one.operation][kind(one.answer)];
      }
    }
  }
  void add(const std::string& operation, const std::string& answer, std::uint64_t count) {
    all_[operation][answer] += count;
  }
  [[nodiscard]] std::uint64_t count(const std::string& operation, const std::string& answer) const {
    const auto answers = all_.find(operation);
    if (answers == all_.end()) {
      return 0;
    }
    const auto found = answers->second.find(answer);
    return found == answers->second.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::map<std::string, Answers>& all() const { return all_; }

  /// A line for each operation.
  void print(std::ostream& out) const {
    for (const auto& [operation, answers] : all_) {
      out << operation << ':';
      for (const auto& [answer, times] : answers) {
        out << "  " << answer << ' ' << times;
      }
      out << '\n';
    }
  }
  /// Lines that read() takes back.
  void write(std::ostream& out) const {
    for (const auto& [operation, answers] : all_) {
      for (const auto& [answer, times] : answers) {
        out << "tally " << operation << ' ' << times << ' ' << answer << '\n';
      }
    }
  }
  /// True, and it is added, if the line is one of write()'s.
  bool read(const std::string& line) {
    std::istringstream words(line);
    std::string first, operation, answer;
    std::uint64_t count = 0;
    if (!(words >> first >> operation >> count) || first != "tally") {
      return false;
    }
    std::getline(words >> std::ws, answer);
    add(operation, answer, count);
    return true;
  }

 private:
  std::map<std::string, Answers> all_;
};

}  // namespace fidelity
