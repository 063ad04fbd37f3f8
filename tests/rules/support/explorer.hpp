// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Every interleaving of a program, breadth first, each state once. The answer is that all threads always end, or the shortest way to a
// state from which nobody can go on although somebody has not ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/support/machine.hpp"

namespace rules {

/// Where a program got stuck.
struct Stuck {
  std::size_t at[max_threads]{};   ///< the step that each thread cannot do; the end if it is done
  std::vector<unsigned> schedule;  ///< which thread did each step on the way there
};

class Explorer {
 public:
  /// Where the threads get stuck, if they do.
  std::optional<Stuck> explore(const Program& program) {
    program_ = &program;
    waited_holding_ = false;
    begin();
    for (std::size_t at = 0; at != found_.size(); ++at) {
      const State state = found_[at].state;
      bool moved = false;
      bool ended = true;
      for (unsigned t = 0; t != program.threads; ++t) {
        if (state.at[t] == program.steps[t].size()) {
          continue;
        }
        ended = false;
        State next = state;
        if (step(program, next, t)) {
          moved = true;
          add(next, at, t);
        } else {
          waited_holding_ = waited_holding_ || holds_something(state, t);
        }
      }
      if (!moved && !ended) {
        return path_to(at);
      }
    }
    return std::nullopt;
  }
  /// Of the last program: states reached.
  [[nodiscard]] std::size_t states() const { return found_.size(); }
  /// Of the last program: a thread that held something had to wait, so that there was something to find.
  [[nodiscard]] bool waited_holding() const { return waited_holding_; }

 private:
  struct Found {
    State state;
    std::uint32_t from;
    std::uint32_t thread;
  };

  void begin() {
    found_.clear();
    if (++round_ == 0 || table_.empty()) {
      table_.assign(1U << 12, {});
      round_ = 1;
    }
    State first;
    for (std::size_t d = 0; d != max_devices; ++d) {
      for (std::size_t t = 0; t != max_threads; ++t) {
        first.device[d].open[t] = static_cast<unsigned char>((program_->parked_by[d] >> t) & 1U);
      }
    }
    add(first, 0, 0);
  }

  void add(const State& state, std::size_t from, unsigned thread) {
    if (2 * found_.size() >= table_.size()) {
      grow();
    }
    const std::size_t mask = table_.size() - 1;
    std::size_t place = hash(state) & mask;
    for (; table_[place].round == round_; place = (place + 1) & mask) {
      if (found_[table_[place].index].state == state) {
        return;
      }
    }
    table_[place] = {round_, static_cast<std::uint32_t>(found_.size())};
    found_.push_back({state, static_cast<std::uint32_t>(from), thread});
  }
  void grow() {
    table_.assign(2 * table_.size(), {});
    round_ = 1;
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = 0; i != found_.size(); ++i) {
      std::size_t place = hash(found_[i].state) & mask;
      while (table_[place].round == round_) {
        place = (place + 1) & mask;
      }
      table_[place] = {round_, static_cast<std::uint32_t>(i)};
    }
  }
  [[nodiscard]] Stuck path_to(std::size_t at) const {
    Stuck stuck;
    for (std::size_t t = 0; t != max_threads; ++t) {
      stuck.at[t] = found_[at].state.at[t];
    }
    for (; at != 0; at = found_[at].from) {
      stuck.schedule.insert(stuck.schedule.begin(), found_[at].thread);
    }
    return stuck;
  }

  struct Slot {
    std::uint32_t round = 0;
    std::uint32_t index = 0;
  };

  const Program* program_ = nullptr;
  std::vector<Found> found_;
  std::vector<Slot> table_;
  std::uint32_t round_ = 0;
  bool waited_holding_ = false;
};

inline std::string to_string(const World& world, const Program& program, const Stuck& stuck) {
  std::string text = to_string(world, program) + "  schedule:";
  for (const unsigned thread : stuck.schedule) {
    text += " " + std::to_string(thread);
  }
  text += "\n";
  for (std::size_t t = 0; t != program.threads; ++t) {
    text += "  T" + std::to_string(t);
    text += stuck.at[t] == program.steps[t].size() ? std::string(" has ended\n")
                                                   : " waits at " + std::to_string(stuck.at[t]) + ": " +
                                                         to_string(world, program.steps[t][stuck.at[t]]) + "\n";
  }
  return text;
}

}  // namespace rules
