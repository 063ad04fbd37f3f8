// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The steps of an execution and what happened before what: a step happens before another one if it is an earlier one of
// the same thread, touched the same object in a way that may not be swapped, or woke its thread; and so on through any
// chain. Two steps that may not be swapped and that no third one orders race: in another schedule they come the other way
// round.
//
// A lock waits for the unlock before it, which is no race, for it cannot come first: what it races with is the step that
// took the mutex. Steps inside the critical section are skipped for the same reason.
//
// Abdulla, Aronis, Jonsson, Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction", J. ACM 2017.
#pragma once

#include <cstddef>

#include "devlock/check/search/choices.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check::detail {

using relacy::Touch;

template <unsigned Threads>
struct VectorClock {
  unsigned at[Threads] = {};

  void join(const VectorClock& other) {
    for (unsigned i = 0; i != Threads; ++i) {
      at[i] = at[i] < other.at[i] ? other.at[i] : at[i];
    }
  }
};

template <unsigned Threads>
struct StepEvent {
  using Clock = VectorClock<Threads>;
  Touch touch;
  Clock clock;
  unsigned thread = 0;
  std::size_t node = 0;        // of the search tree
  int owner = relacy::nobody;  // of the mutex that it touches, before
  unsigned woke = 0;           // threads
  bool waited = false;

  [[nodiscard]] bool before(const Clock& other) const { return clock.at[thread] <= other.at[thread]; }
};

template <unsigned Threads>
class Events {
 public:
  using Event = StepEvent<Threads>;
  using Clock = VectorClock<Threads>;

  [[nodiscard]] std::size_t size() const { return events_.size(); }
  [[nodiscard]] const Event& operator[](std::size_t place) const { return events_[place]; }

  /// Forgets the steps from `count` on.
  void truncate(std::size_t count) {
    events_.resize(count);
    for (Clock& clock : threads_) {
      clock = {};
    }
    for (const Event& event : events_) {
      advance(event);
    }
  }
  /// The first step that is not older than the tree's `node`.
  [[nodiscard]] std::size_t first_at(std::size_t node) const {
    std::size_t count = events_.size();
    while (count != 0 && events_[count - 1].node >= node) {
      --count;
    }
    return count;
  }

  /// Adds a step. `on_race(place)` for each step that races with it.
  template <class OnRace>
  void add(Event event, OnRace&& on_race) {
    event.clock = look_back(event.thread, event.touch, false, on_race);
    event.clock.at[event.thread] = threads_[event.thread].at[event.thread] + 1;
    events_.push_back(event);
    advance(event);
  }
  /// `thread` waits for ever for the mutex of `touch`.
  template <class OnRace>
  void add_blocked(unsigned thread, const Touch& touch, OnRace&& on_race) {
    look_back(thread, touch, true, on_race);
  }

  /// The threads of which one must begin if the step at `place` comes after the next step of `thread`, which touches
  /// `touch`: everything after `place` that does not need it, and then that step.
  [[nodiscard]] unsigned initials(std::size_t place, unsigned thread, const Touch& touch) const {
    const Event& late = events_[place];
    unsigned first[Threads];  // the clock of each thread's first step
    unsigned seen = 0;
    unsigned initial = 0;
    bool free = true;  // nothing orders the step of `thread` after another one
    for (std::size_t i = place + 1; i != events_.size(); ++i) {
      const Event& event = events_[i];
      if (late.before(event.clock)) {
        continue;
      }
      const unsigned bit = 1U << event.thread;
      if ((seen & bit) == 0U) {
        if (!follows(event.clock, first, seen)) {
          initial |= bit;
        }
        seen |= bit;
        first[event.thread] = event.clock.at[event.thread];
      }
      free = free && !event.touch.depends_on(touch);
    }
    if ((seen >> thread & 1U) == 0U && free && !follows(threads_[thread], first, seen)) {
      initial |= 1U << thread;
    }
    return initial;
  }

  /// The mutex of `touch` was held by another thread when `thread` arrived, in this order of steps or an equal one.
  [[nodiscard]] bool would_wait(unsigned thread, const Touch& touch) const {
    for (std::size_t i = events_.size(); i != 0; --i) {
      const Event& event = events_[i - 1];
      if (event.touch.gate_id() == touch.gate_id() && held_by_another(event, thread)) {
        return !event.before(threads_[thread]);
      }
    }
    return false;
  }

 private:
  static bool held_by_another(const Event& event, unsigned thread) {
    return event.owner != relacy::nobody && event.owner != static_cast<int>(thread);
  }
  static bool follows(const Clock& clock, const unsigned (&first)[Threads], unsigned seen) {
    for (unsigned i = 0; i != Threads; ++i) {
      if ((seen >> i & 1U) != 0U && clock.at[i] >= first[i]) {
        return true;
      }
    }
    return false;
  }

  // The clock of what happened before a step of `thread`. `closed`: it waits for a mutex at this moment.
  template <class OnRace>
  Clock look_back(unsigned thread, const Touch& touch, bool closed, OnRace& on_race) {
    Clock all = threads_[thread];
    Clock direct = all;  // without what only orders the wait for a mutex
    for (std::size_t i = events_.size(); i != 0; --i) {
      const Event& event = events_[i - 1];
      if (event.thread == thread) {
        continue;
      }
      const bool gate = touch.waits() && event.touch.gate_id() == touch.gate_id();
      if (gate) {
        closed = held_by_another(event, thread);
      }
      if (!touch.depends_on(event.touch)) {
        continue;
      }
      all.join(event.clock);
      if (closed) {
        continue;
      }
      if (!event.before(direct)) {
        on_race(i - 1);
      }
      direct.join(event.clock);
    }
    return all;
  }
  void advance(const Event& event) {
    threads_[event.thread] = event.clock;
    for (unsigned rest = event.woke; rest != 0U; rest &= rest - 1U) {
      threads_[static_cast<unsigned>(__builtin_ctz(rest))].join(event.clock);
    }
  }

  Vector<Event> events_;
  Clock threads_[Threads];
};

}  // namespace devlock::check::detail
