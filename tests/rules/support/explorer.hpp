// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Every interleaving of a program, breadth first, each state once. The answer is that all threads always end, or the shortest way to a
// state from which nobody can go on although somebody has not ended. It knows no rule of the library.
//
// A lock has a writer, readers, and writers that queue for it: readers wait and fail behind them, as in std::shared_mutex's common
// implementations. A condition is a flag that stays set, so that no notification is lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/support/program.hpp"

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
        if (step(next, t)) {
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
  struct Lock {
    unsigned char writer = 0;  // thread + 1
    unsigned char readers = 0;
    unsigned char queued = 0;
    bool operator==(const Lock&) const = default;
  };
  struct Device {
    unsigned char open[max_threads]{};
    unsigned char closing = 0;
    bool operator==(const Device&) const = default;
  };
  struct State {
    unsigned char at[max_threads]{};
    unsigned char set = 0;
    Lock lock[max_locks]{};
    Device device[max_devices]{};
    bool operator==(const State&) const = default;
  };
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

  static bool holds_something(const State& state, unsigned t) {
    for (const Lock& lock : state.lock) {
      if (lock.writer == t + 1 || ((lock.readers >> t) & 1U) != 0) {
        return true;
      }
    }
    for (const Device& device : state.device) {
      if (device.open[t] != 0) {
        return true;
      }
    }
    return false;
  }

  // Does the next step of thread t, or answers false if it must wait.
  bool step(State& state, unsigned t) const {
    const Step& next = program_->steps[t][state.at[t]];
    const auto bit = static_cast<unsigned char>(1U << t);
    Lock& lock = state.lock[next.what % max_locks];
    Device& device = state.device[next.what % max_devices];
    auto go_on = static_cast<unsigned char>(state.at[t] + 1);
    switch (next.act) {
      case Do::lock:
      case Do::spin:
        if (lock.writer != 0 || lock.readers != 0) {
          if (((program_->readers >> next.what) & 1U) == 0 || next.act == Do::spin || (lock.queued & bit) != 0) {
            return false;
          }
          lock.queued |= bit;
          return true;
        }
        lock.queued &= static_cast<unsigned char>(~bit);
        lock.writer = static_cast<unsigned char>(t + 1);
        break;
      case Do::lock_shared:
        if (lock.writer != 0 || lock.queued != 0) {
          return false;
        }
        lock.readers |= bit;
        break;
      case Do::try_lock:
        if (lock.writer != 0 || lock.readers != 0) {
          go_on = next.jump;
        } else {
          lock.writer = static_cast<unsigned char>(t + 1);
        }
        break;
      case Do::try_shared:
        if (lock.writer != 0 || lock.queued != 0) {
          go_on = next.jump;
        } else {
          lock.readers |= bit;
        }
        break;
      case Do::unlock:
        lock.writer = lock.writer == t + 1 ? static_cast<unsigned char>(0) : lock.writer;
        lock.readers &= static_cast<unsigned char>(~bit);
        break;
      case Do::sleep:
        if (((state.set >> next.which) & 1U) != 0) {
          go_on = static_cast<unsigned char>(state.at[t] + 3);  // neither sleeps nor locks again
        } else if (lock.writer == t + 1) {
          lock.writer = 0;
        }
        break;
      case Do::wake:
        if (((state.set >> next.which) & 1U) == 0) {
          return false;
        }
        break;
      case Do::set:
        state.set |= static_cast<unsigned char>(1U << next.which);
        break;
      case Do::open:
      case Do::open_waits:
        if (device.closing != 0) {
          if (next.act == Do::open_waits) {
            return false;
          }
          go_on = next.jump;
        } else {
          ++device.open[t];
        }
        break;
      case Do::close:
        device.open[t] = static_cast<unsigned char>(device.open[t] - (device.open[t] != 0 ? 1 : 0));
        break;
      case Do::drain:
        if (device.open[0] != 0 || device.open[1] != 0 || device.open[2] != 0) {
          if ((device.closing & bit) != 0) {
            return false;
          }
          device.closing |= bit;
          return true;
        }
        device.closing |= bit;
        break;
      case Do::reopen:
        device.closing &= static_cast<unsigned char>(~bit);
        break;
    }
    state.at[t] = go_on;
    return true;
  }

  static std::uint64_t hash(const State& state) {
    std::uint64_t sum = 0xcbf29ce484222325ULL;
    const auto mix = [&sum](std::uint64_t value) {
      sum = (sum ^ value) * 0x9e3779b97f4a7c15ULL;
      sum ^= sum >> 29;
    };
    mix(static_cast<std::uint64_t>(state.at[0] | state.at[1] << 8) | static_cast<std::uint64_t>(state.at[2]) << 16 |
        static_cast<std::uint64_t>(state.set) << 24);
    for (std::size_t l = 0; l != max_locks; l += 2) {
      const Lock& a = state.lock[l];
      const Lock& b = state.lock[l + 1];
      mix(static_cast<std::uint64_t>(a.writer | a.readers << 4 | a.queued << 8 | b.writer << 12 | b.readers << 16 |
                                     b.queued << 20));
    }
    for (const Device& device : state.device) {
      mix(static_cast<std::uint64_t>(device.open[0] | device.open[1] << 4 | device.open[2] << 8 |
                                     device.closing << 12));
    }
    return sum;
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
