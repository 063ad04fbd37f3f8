// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One line on standard error while a search runs, if that is a terminal: what was done, how fast, what is left of the
// budget. Rewritten in place at most four times a second, first after half a second, and wiped at the end.
//
//   searching: 1,290,000 executions, depth 41, 640,000 /s, 42 s left
//
// Not shown: how much of the space is left, which nobody knows.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace devlock::check {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds between{250};

  /// On standard error, if that is a terminal.
  explicit Progress(Clock::time_point begin) : Progress(begin, stderr, ::isatty(STDERR_FILENO) == 1) {}
  Progress(Clock::time_point begin, std::FILE* out, bool shown)
      : out_(out), shown_(shown), begin_(begin), next_(begin + 2 * between) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { wipe(); }

  /// `most` executions, 0 if only `end` limits them. `depth`: schedule points of the newest execution.
  void at(Clock::time_point now, std::uint64_t executions, std::uint64_t most, std::uint64_t depth, Clock::time_point end) {
    if (!shown_ || now < next_) {
      return;
    }
    next_ = now + between;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double rate = static_cast<double>(executions) / seconds;
    double left = std::max(0.0, std::chrono::duration<double>(end - now).count());
    if (most != 0 && executions < most) {
      left = std::min(left, static_cast<double>(most - executions) / rate);
    }
    std::fprintf(out_, "\r\033[Ksearching: %s executions, depth %s, %s /s, %s s left", grouped(executions).c_str(),
                 grouped(depth).c_str(), grouped(static_cast<std::uint64_t>(rate)).c_str(),
                 grouped(static_cast<std::uint64_t>(left)).c_str());
    std::fflush(out_);
    written_ = true;
  }
  /// Takes the line away.
  void wipe() {
    if (written_) {
      std::fputs("\r\033[K", out_);
      std::fflush(out_);
      written_ = false;
    }
  }

  /// "1,290,000".
  static std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) {
      text.insert(i - 3, 1, ',');
    }
    return text;
  }

 private:
  std::FILE* out_;
  bool shown_;
  Clock::time_point begin_;
  Clock::time_point next_;
  bool written_ = false;
};

}  // namespace devlock::check
