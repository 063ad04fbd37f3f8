// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What happened how often, and what should not have happened at all. Threads count in it at the same time.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

class Tally {
 public:
  void count(const std::string& what) {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++counts_[what];
  }
  /// `rule` is what must always hold.
  void expect(bool holds, const std::string& rule) {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++checked_;
    if (!holds) {
      ++broken_[rule];
    }
  }
  [[nodiscard]] const std::map<std::string, unsigned>& counts() const { return counts_; }
  [[nodiscard]] const std::map<std::string, unsigned>& broken() const { return broken_; }
  [[nodiscard]] unsigned checked() const { return checked_; }

 private:
  std::mutex mutex_;  // a leaf: nothing is called under it
  std::map<std::string, unsigned> counts_;
  std::map<std::string, unsigned> broken_;
  unsigned checked_ = 0;
};
