// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The choices that make an execution: who runs next, and what an operation that may end in several ways did. Every
// scheduler records them, so every finding can be repeated in one execution, and two executions that begin with the same
// choices can be compared: if they differ otherwise the scenario is not deterministic.
#pragma once

#include <cstdint>
#include <vector>

#include "devlock/check/relacy.hpp"

namespace devlock::check::detail {

struct Choice {
  enum class Kind : unsigned char {
    runs,              // `value` is a thread
    runs_after_wait,   // and the search counts that it waited for a mutex
    times_out,         // and its timed wait ends
    wakes_spuriously,  // and its wait ends without a notification
    data,              // `value` is the place of what was chosen
  };
  Kind kind = Kind::runs;
  unsigned value = 0;

  bool operator==(const Choice&) const = default;
};

inline Choice::Kind kind_of(rl::unpark_reason reason) {
  return reason == rl::unpark_reason_timeout    ? Choice::Kind::times_out
         : reason == rl::unpark_reason_spurious ? Choice::Kind::wakes_spuriously
                                                : Choice::Kind::runs;
}

// Simulated threads run the scheduler on their stacks, and their operator new belongs to the scenario.
template <class T>
using Vector = std::vector<T, rl::raw_allocator<T>>;

/// The choices of the running execution, and those of the one before until they part.
class Choices {
 public:
  void begin_execution() {
    length_ = used_;
    used_ = 0;
    same_ = true;
  }
  /// `state` must be the same whenever the choices before were. False if it is not.
  [[gnu::always_inline]] bool add(Choice choice, std::uint64_t state) {
    bool consistent = true;
    if (used_ == entries_.size()) {
      entries_.push_back({choice, state});
      same_ = false;
    } else {
      Entry& entry = entries_[used_];
      same_ = same_ && used_ < length_ && entry.choice == choice;
      consistent = !same_ || entry.state == state;
      entry = {choice, state};
    }
    ++used_;
    return consistent;
  }
  [[nodiscard]] std::vector<Choice> copy() const {
    std::vector<Choice> all;
    all.reserve(used_);
    for (std::size_t i = 0; i != used_; ++i) {
      all.push_back(entries_[i].choice);
    }
    return all;
  }
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  struct Entry {
    Choice choice;
    std::uint64_t state;
  };
  Vector<Entry> entries_;
  std::size_t used_ = 0;
  std::size_t length_ = 0;  // of the execution before
  bool same_ = false;       // so far
};

}  // namespace devlock::check::detail
