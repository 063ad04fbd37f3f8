// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A scope of recording locks: a, b, c, ... of one class, in one journal.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "support/recording_lock.hpp"

namespace test {

template <class Class>
class RecordedScope {
 public:
  using lock_type = RecordingLock<Class>;

  RecordedScope(Journal& journal, std::size_t size) {
    for (std::size_t i = 0; i != size; ++i) {
      store_.emplace_back(journal, std::string(1, static_cast<char>('a' + i)));
      locks_.push_back(&store_.back());
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return locks_; }
  [[nodiscard]] lock_type& operator[](std::size_t place) { return store_[place]; }
  [[nodiscard]] std::size_t taken() const {
    std::size_t count = 0;
    for (const auto& lock : store_) {
      count += lock.taken() ? 1U : 0U;
    }
    return count;
  }

 private:
  std::deque<lock_type> store_;
  std::vector<lock_type*> locks_;
};

}  // namespace test
