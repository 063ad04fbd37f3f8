// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Two threads of a process that wait for each other, seen from outside: by their stacks and by how often they slept,
// never by a clock.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// Where a thread sleeps, as the kernel prints it, and how often it went to sleep so far.
struct Sleep {
  int thread = 0;
  std::string stack;
  std::string switches;
  friend bool operator==(const Sleep&, const Sleep&) = default;
  [[nodiscard]] bool in(const std::string& function) const {
    return stack.find(' ' + function + '+') != std::string::npos;
  }
  /// The function that went to sleep or, as the kernel leaves those of the scheduler and of mutexes out, that waits
  /// for a mutex.
  [[nodiscard]] std::string top() const {
    const auto from = stack.find(' ');
    return from == std::string::npos ? "" : stack.substr(from + 1, stack.find('+') - from - 1);
  }
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

inline std::vector<Sleep> sleeps(int process) {
  std::vector<Sleep> all;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    const std::string status = text_of(task.path() / "status");
    const auto switches = status.find("voluntary_ctxt_switches:");
    all.push_back({std::stoi(task.path().filename()), text_of(task.path() / "stack"),
                   switches == std::string::npos ? "" : status.substr(switches)});
  }
  return all;
}

/// One thread that `first` is true of and one that `second` is, neither of which moved while the other was looked at:
/// so both are at one time.
template <class First, class Second>
std::optional<std::pair<Sleep, Sleep>> both(int process, First first, Second second) {
  const auto find = [&](const auto& wanted) -> std::optional<Sleep> {
    for (Sleep& one : sleeps(process)) {
      if (wanted(one)) {
        return std::move(one);
      }
    }
    return std::nullopt;
  };
  const auto before = find(first);
  const auto other = find(second);
  const auto after = find(first);
  const auto still = find(second);
  if (!before || !other || !after || !still || *before != *after || *other != *still) {
    return std::nullopt;
  }
  return std::pair(*after, *still);
}

}  // namespace conformance
