// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Recordings written by hand: what threads did, without a checker.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "devlock/check/report/make_report.hpp"

namespace script {

using devlock::check::LogEntry;
using devlock::check::ObjectName;
using devlock::check::Outcome;
using devlock::check::Recording;
using devlock::check::Report;
using devlock::relacy::Operation;
using devlock::relacy::Phase;

class Script {
 public:
  /// The operation is wanted and ends.
  Script& does(unsigned thread, Operation operation, const void* object, unsigned line, std::uint64_t value = 0) {
    wants(thread, operation, object, line);
    return add(thread, operation, Phase::done, object, line, value);
  }
  /// It is wanted and is refused.
  Script& fails(unsigned thread, Operation operation, const void* object, unsigned line, std::uint64_t value = 0) {
    wants(thread, operation, object, line);
    return add(thread, operation, Phase::refused, object, line, value);
  }
  Script& wants(unsigned thread, Operation operation, const void* object, unsigned line, const void* second = nullptr) {
    return add(thread, operation, Phase::wants, object, line, 0, second);
  }
  /// It ends, having been wanted.
  Script& ends(unsigned thread, Operation operation, const void* object, unsigned line, const void* second = nullptr) {
    return add(thread, operation, Phase::done, object, line, 0, second);
  }
  /// The thread falls asleep in what it wanted last.
  Script& sleeps(unsigned thread) {
    running_ = thread;
    LogEntry entry;
    entry.event.thread = thread;
    entry.sleeps = true;
    entries_.push_back(entry);
    return *this;
  }
  /// It is wanted, and the thread falls asleep in it.
  Script& sleeps_in(unsigned thread, Operation operation, const void* object, unsigned line, const void* second = nullptr) {
    return wants(thread, operation, object, line, second).sleeps(thread);
  }
  Script& name(const void* begin, std::size_t size, const std::string& text, bool given = true) {
    ObjectName entry{begin, size, given, {}};
    text.copy(entry.text, sizeof entry.text - 1);
    names_.push_back(entry);
    return *this;
  }

  [[nodiscard]] Recording recording() const { return {entries_, names_, running_, false}; }
  [[nodiscard]] Report report(Outcome outcome, unsigned threads = 2, const std::vector<std::string>& names = {}) const {
    return make_report(recording(), outcome, names, threads);
  }

 private:
  Script& add(unsigned thread, Operation operation, Phase phase, const void* object, unsigned line, std::uint64_t value,
              const void* second = nullptr) {
    running_ = thread;
    entries_.push_back({{thread, operation, phase, object, second, {value, false}, {"work", "/some/where/code.hpp", line}}, false});
    return *this;
  }
  std::vector<LogEntry> entries_;
  std::vector<ObjectName> names_;
  unsigned running_ = 0;
};

}  // namespace script
