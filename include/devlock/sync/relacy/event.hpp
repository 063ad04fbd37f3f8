// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What the simulated threads did, operation by operation: kept only while a finding is repeated for its report. Every
// operation of RelacySync says what it wants before its schedule point and how it ended after it, so a thread whose last
// event is `wants` is one that waits.
//
//   record(Operation::lock, Phase::wants, this, where);
//   mutex_.lock(where);
//   record(Operation::lock, Phase::done, this, where);
//
// Costs one comparison while nothing records. Not here: which schedule points an operation has; see sync/relacy/touch.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "devlock/sync/relacy/location.hpp"

namespace devlock::relacy {

enum class Operation : unsigned char {
  load,
  store,
  exchange,
  fetch,             ///< fetch_add and its like
  compare_exchange,
  fence,
  futex_wait,        ///< atomic wait; `done` when it returns
  notify_one,
  notify_all,
  lock,
  try_lock,
  unlock,
  lock_shared,
  try_lock_shared,
  unlock_shared,
  condition_wait,    ///< `done` when it was woken, before it takes its mutex again; the mutex is the event's second object
  read,              ///< of a var
  write,             ///< of a var
  destroy,           ///< of a var, by a thread
  yield,
  step,              ///< check::step
  mark,              ///< check::mark; the object is its name
};

enum class Phase : unsigned char {
  wants,    ///< published, not yet scheduled
  done,     ///< and it succeeded
  refused,  ///< and it did not: a try of what is held, a compare_exchange of another value, a wait that timed out
};

/// What was read or written: a number, or where a pointer points.
struct Value {
  std::uint64_t number = 0;
  bool address = false;
};

struct Event {
  unsigned thread = 0;
  Operation operation = Operation::step;
  Phase phase = Phase::wants;
  const void* object = nullptr;
  const void* second = nullptr;
  Value value;
  rl::debug_info where;
};

/// Receives events. It runs on a simulated thread's stack: it must not allocate through operator new.
class EventSink {
 public:
  virtual void on_event(const Event& event) = 0;

 protected:
  ~EventSink() = default;
};

namespace detail {
inline EventSink* sink = nullptr;
}  // namespace detail

/// Reports one event if somebody listens.
[[gnu::always_inline]] inline void record(Operation operation, Phase phase, const void* object,
                                          const rl::debug_info& where, const Value& value = {},
                                          const void* second = nullptr) {
  if (detail::sink != nullptr) {
    detail::sink->on_event({static_cast<unsigned>(rl::ctx().current_thread()), operation, phase, object, second, value, where});
  }
}

}  // namespace devlock::relacy
