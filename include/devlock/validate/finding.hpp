// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// From what a thread holds to a Report: the parties, the declared path, the list of what is held. And the thread's beginning and end.
// Mistakes of a handler itself are not reported.
#pragma once

#include "devlock/validate/thread.hpp"

namespace devlock::validate::detail {

inline Party party(const LockSight& sight, How how, const Site& site, std::size_t which = 0) {
  return {sight.facts->classes[which].name, sight.lock, how, site, 0, nullptr};
}
inline Party party(const Record& record, std::size_t which = 0) {
  return party(record.sight(), record.how(), record.made_at(), which);
}
inline Party party_of_context(const Record& record) {
  return {nullptr, nullptr, How::wait, record.made_at(), 0, record.reason};
}
inline Party context_party(const Site& where) {
  return {nullptr, nullptr, How::wait, where, 0, nullptr};
}

/// Tells the handler, with the newest locks held.
[[gnu::cold, gnu::noinline]] inline void tell(Thread& thread, Report& report) {
  if (thread.reporting) {
    return;
  }
  Party held[16];
  for (const Record* record = newest_held(thread); record != nullptr; record = older_held(thread, *record)) {
    if (report.held_shown != sizeof held / sizeof held[0]) {
      held[report.held_shown++] = party(*record);
    }
    ++report.held_total;
  }
  report.thread = thread.its_number();
  report.held = held;
  report.held_total += thread.held_beyond;
  thread.reporting = true;
  handler()(report);
  thread.reporting = false;
}

inline void tell(Thread& thread, Fault fault, const Party& subject, const Party& other) {
  Report report;
  report.fault = fault;
  report.subject = subject;
  report.other = other;
  tell(thread, report);
}

/// There is no room. Said once per thread, counted by the caller.
inline void tell_too_many(Thread& thread, const Party& subject) {
  if (!thread.too_many_said) {
    thread.too_many_said = true;
    tell(thread, Fault::too_many, subject, {});
  }
}

inline void end_thread() noexcept {
  Thread* thread = Threads::here.thread;
  Threads::here.ended_as = thread == nullptr ? ~std::uint64_t{0} : thread->its_number();
  if (thread == nullptr) {
    return;
  }
  Report report;
  report.fault = Fault::thread_exit;
  report.count = thread->held_beyond;
  for (const Record* record = newest_held(*thread); record != nullptr; record = older_held(*thread, *record)) {
    if (report.count++ == thread->held_beyond) {
      report.subject = party(*record);
    }
  }
  if (report.count != 0) {
    tell(*thread, report);
  }
  Threads::give_back(*thread);
}

[[gnu::cold, gnu::noinline]] inline Thread* begin_thread() noexcept {
  struct Lease {
    ~Lease() { end_thread(); }
  };
  if (Threads::here.ended_as == 0) {
    [[maybe_unused]] static thread_local Lease lease;
  }
  Thread* const thread = Threads::lease();
  if (thread != nullptr) {
    Threads::here.thread = thread;
    Threads::here.newest = thread->records.bottom();
    Threads::here.ruled_by = Program::order.load(std::memory_order_relaxed);  // which threads share no data through
  }
  return thread;
}

/// This thread; null if there is no memory for it, and then nothing is checked.
inline Thread* here() noexcept {
  Thread* thread = Threads::here.thread;
  return thread != nullptr ? thread : begin_thread();
}

/// What is left to do for destructors that run after the thread's end was told: nothing is kept for them.
inline void after_the_end(Thread& thread) noexcept {
  if (Threads::here.ended_as != 0 && newest(thread) == nullptr && thread.contexts_beyond + thread.held_beyond == 0) {
    Threads::give_back(thread);
  }
}

}  // namespace devlock::validate::detail
