// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The answers of operations that race: each must be success or one of the errors that the operation admits, and all are counted and
// printed.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "devlock/backend/classify.hpp"
#include "devlock/backend/concept.hpp"

namespace guest {

class Answers {
 public:
  /// Counts an answer; whether it was success. Threads may share this.
  template <class T>
  bool note(const std::string& operation, const devlock::Result<T>& result, std::initializer_list<int> admissible) {
    const std::scoped_lock lock(mutex_);
    if (result) {
      ++counts_[operation]["ok"];
      return true;
    }
    const devlock::Error& error = result.error();
    ++counts_[operation][std::string(to_string(error.error_class)) + ' ' + devlock::errno_name(error.error_number)];
    if (std::find(admissible.begin(), admissible.end(), error.error_number) == admissible.end() && wrong_.empty()) {
      wrong_ = operation + ": " + to_string(error);
    }
    return false;
  }
  [[nodiscard]] int count(const std::string& operation, const std::string& answer) const {
    const std::scoped_lock lock(mutex_);
    const auto found = counts_.find(operation);
    return found == counts_.end() || found->second.count(answer) == 0 ? 0 : found->second.at(answer);
  }
  /// The first answer that was not admissible; empty if there is none.
  [[nodiscard]] std::string wrong() const {
    const std::scoped_lock lock(mutex_);
    return wrong_;
  }
  void print(const std::string& title) const {
    const std::scoped_lock lock(mutex_);
    std::cout << title << '\n';
    for (const auto& [operation, answers] : counts_) {
      std::cout << "  " << operation << ':';
      const char* comma = " ";
      for (const auto& [answer, count] : answers) {
        std::cout << std::exchange(comma, ", ") << answer << ' ' << count;
      }
      std::cout << '\n';
    }
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, int>> counts_;
  std::string wrong_;
};

}  // namespace guest
