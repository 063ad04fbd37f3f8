// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the simulated threads did in one execution, kept for its report: the events of RelacySync, who fell asleep when, and
// the names that the scenario gave to its objects. It listens while it lives.
//
//   EventLog log;                      // before the execution is repeated
//   ... rl::run_test<...>(...);
//   make_report(log.recording(), ...)  // report/make_report.hpp
//
// It runs on the stacks of simulated threads, whose operator new belongs to the scenario: its memory comes from realloc.
// Not checked: that only one lives. If memory runs out the log ends early, and says so.
#pragma once

#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {

/// One entry of a log: an event, or that its thread fell asleep in the operation that it last wanted.
struct LogEntry {
  relacy::Event event;
  bool sleeps = false;
};

/// A name for what lies in `size` bytes from `begin` on.
struct ObjectName {
  const void* begin = nullptr;
  std::size_t size = 0;
  bool given = false;  ///< by the scenario; else derived from a lock class, and any name given wins
  char text[64] = {};
};

/// A log to read.
struct Recording {
  std::span<const LogEntry> entries;
  std::span<const ObjectName> names;
  unsigned running = 0;    ///< the thread that ran last
  bool truncated = false;  ///< memory ran out
};

namespace detail {

/// Grows by realloc. For types that may be copied as bytes.
template <class T>
class RawVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  RawVector() = default;
  RawVector(const RawVector&) = delete;
  RawVector& operator=(const RawVector&) = delete;
  ~RawVector() { std::free(items_); }

  /// False if there is no memory.
  bool add(const T& item) {
    if (used_ == capacity_) {
      const std::size_t more = capacity_ == 0 ? 256 : 2 * capacity_;
      void* block = std::realloc(static_cast<void*>(items_), more * sizeof(T));
      if (block == nullptr) {
        return false;
      }
      items_ = static_cast<T*>(block);
      capacity_ = more;
    }
    std::memcpy(static_cast<void*>(items_ + used_++), &item, sizeof(T));
    return true;
  }
  [[nodiscard]] std::span<const T> items() const { return {items_, used_}; }

 private:
  T* items_ = nullptr;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
};

/// How much of a UTF-8 text goes into `room` bytes; no part of a character.
constexpr std::size_t bytes_that_fit(std::string_view text, std::size_t room) {
  std::size_t length = text.size() < room ? text.size() : room;
  while (length != 0 && length != text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  return length;
}

}  // namespace detail

class EventLog final : public relacy::EventSink {
 public:
  EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;
  ~EventLog();

  void on_event(const relacy::Event& event) override {
    LogEntry entry{event, false};
    const Call& call = calls_[event.thread];
    const std::string_view file = event.where.file_;
    if (call.open) {
      entry.event.where = call.where;
    } else if (file.ends_with("devlock/order/condition.hpp")) {
      entry.event.where = call.sleep;
    } else if (file.ends_with("devlock/lock/ordered.hpp")) {
      entry.event.where = {};  // every lock passes there
    }
    add(entry);
  }
  /// `thread` fell asleep.
  void on_sleep(unsigned thread) {
    LogEntry entry;
    entry.event.thread = thread;
    entry.sleeps = true;
    add(entry);
  }
  /// `thread` is chosen to run next.
  void on_run(unsigned thread) { running_ = thread; }

  /// What the running thread does until close_call() it does in a call that was made at `where`.
  void open_call(const rl::debug_info& where) {
    calls_[thread()].open = true;
    calls_[thread()].where = where;
  }
  void close_call() { calls_[thread()].open = false; }
  /// A condition wait of the running thread was called here.
  void sleeps_at(const rl::debug_info& where) { calls_[thread()].sleep = where; }

  void name(const void* begin, std::size_t size, std::string_view text, bool given) {
    ObjectName entry{begin, size, given, {}};
    text.copy(entry.text, detail::bytes_that_fit(text, sizeof entry.text - 1));
    truncated_ |= !names_.add(entry);
  }

  [[nodiscard]] Recording recording() const { return {entries_.items(), names_.items(), running_, truncated_}; }

 private:
  struct Call {
    bool open = false;
    rl::debug_info where;
    rl::debug_info sleep;
  };
  static unsigned thread() { return static_cast<unsigned>(rl::ctx().current_thread()); }
  void add(const LogEntry& entry) { truncated_ |= !entries_.add(entry); }

  detail::RawVector<LogEntry> entries_;
  detail::RawVector<ObjectName> names_;
  Call calls_[relacy::max_threads];
  unsigned running_ = 0;
  bool truncated_ = false;
};

namespace detail {

inline EventLog* event_log = nullptr;

/// For schedulers; one comparison while nothing records.
inline void note_sleep(int thread) {
  if (event_log != nullptr) {
    event_log->on_sleep(static_cast<unsigned>(thread));
  }
}
inline void note_run(int thread) {
  if (event_log != nullptr) {
    event_log->on_run(static_cast<unsigned>(thread));
  }
}

}  // namespace detail

inline EventLog::EventLog() {
  detail::event_log = this;
  relacy::detail::sink = this;
}
inline EventLog::~EventLog() {
  relacy::detail::sink = nullptr;
  detail::event_log = nullptr;
}

}  // namespace devlock::check
