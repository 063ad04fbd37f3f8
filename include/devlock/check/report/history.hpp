// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A recording, understood: which steps the threads took, on which named objects, who held what meanwhile, and in what each
// thread was when the execution ended. A pure function of the recording; the same steps give the same history, wherever
// the objects lay.
//
//   const History history = History::of(log.recording(), {"open", "close"}, 2);
//
// Not known: what the scenario did between its operations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "devlock/check/report/event_log.hpp"
#include "devlock/check/report/object_table.hpp"

namespace devlock::check::detail {

using relacy::Operation;
using relacy::Phase;

/// A place in the source: "kvm_vfio.hpp:31", or nothing.
inline std::string place(const rl::debug_info& where) {
  if (where.line_ == 0) {
    return {};
  }
  const std::string_view path = where.file_;
  return std::string(path.substr(path.rfind('/') + 1)) + ':' + std::to_string(where.line_);
}

/// The function there, without template arguments, which compilers write differently.
inline std::string function(const rl::debug_info& where) {
  const std::string_view name = where.func_;
  return std::string(name.substr(0, name.find('<')));
}

struct Step {
  enum class Kind { done, refused, waits, fails };

  Kind kind = Kind::done;
  relacy::Event event;
  int object = ObjectTable::none;  // place in History::objects
  int second = ObjectTable::none;
  std::vector<unsigned> others;    // waits or refused: who holds it; notify: who slept there
  bool queued = false;             // a reader that waits behind writers which wait themselves: they are the others
};

/// A lock that a thread holds, and the step that took it.
struct Holding {
  int object = ObjectTable::none;
  std::size_t step = 0;
  bool shared = false;
};

struct ThreadState {
  std::vector<relacy::Event> wants;  // operations begun and not ended, the innermost last
  std::size_t waiting_since = 0;     // the step in which it fell asleep, if it sleeps
  bool sleeps = false;
  bool woken = false;                // it still sleeps, but was notified
  std::vector<Holding> holds;
};

constexpr bool locks(Operation operation) {
  return operation == Operation::lock || operation == Operation::lock_shared || operation == Operation::try_lock ||
         operation == Operation::try_lock_shared;
}
constexpr bool locks_shared(Operation operation) {
  return operation == Operation::lock_shared || operation == Operation::try_lock_shared;
}
constexpr bool unlocks(Operation operation) {
  return operation == Operation::unlock || operation == Operation::unlock_shared;
}
constexpr bool sleeps_until_notified(Operation operation) {
  return operation == Operation::condition_wait || operation == Operation::futex_wait;
}
constexpr bool notifies(Operation operation) {
  return operation == Operation::notify_one || operation == Operation::notify_all;
}

struct History {
  std::vector<std::string> threads;
  ObjectTable objects;
  std::vector<Step> steps;
  std::vector<ThreadState> states;  // at the end
  unsigned running = 0;             // the thread that ran last
  std::vector<std::pair<std::uint64_t, std::string>> pointers;  // that were read or written, and what they are called

  /// Names of threads that are missing or empty are "thread 0" and so on.
  static History of(const Recording& recording, const std::vector<std::string>& thread_names, unsigned thread_count) {
    History history;
    history.objects = ObjectTable(recording);
    history.running = recording.running;
    history.states.resize(thread_count);
    for (unsigned i = 0; i != thread_count; ++i) {
      const bool named = i < thread_names.size() && !thread_names[i].empty();
      history.threads.push_back(named ? one_line(thread_names[i]) : "thread " + std::to_string(i));
    }
    for (const LogEntry& entry : recording.entries) {
      if (entry.event.thread < thread_count) {
        history.note_pointer(entry.event.value, recording.names);
        history.add(entry);
      }
    }
    return history;
  }

  /// Adds what the running thread was in as a step that fails, if it was in anything.
  void fail() {
    const ThreadState& state = states[running];
    if (!state.sleeps && !state.wants.empty()) {
      steps.push_back(make_step(state.wants.back()));
      steps.back().kind = Step::Kind::fails;
    }
  }

  /// Of an event: a number, or which of the pointers that the execution met. No address leaves it.
  [[nodiscard]] std::string text_of(const relacy::Value& value) const {
    if (!value.address) {
      return std::to_string(static_cast<std::int64_t>(value.number));
    }
    for (const auto& [address, name] : pointers) {
      if (address == value.number) {
        return name;
      }
    }
    return "null";
  }
  /// In what `thread` is, or null.
  [[nodiscard]] const relacy::Event* wanted_by(unsigned thread) const {
    const auto& wants = states[thread].wants;
    return wants.empty() ? nullptr : &wants.back();
  }
  /// How `thread` holds `object`, or null.
  [[nodiscard]] const Holding* held(unsigned thread, int object) const {
    for (const Holding& holding : states[thread].holds) {
      if (holding.object == object) {
        return &holding;
      }
    }
    return nullptr;
  }
  /// Who keeps `thread` from taking `object`: those who hold it, or else, for a reader, the writers that wait before it.
  [[nodiscard]] std::vector<unsigned> in_the_way(unsigned thread, int object, bool shared) const {
    std::vector<unsigned> writers;
    std::vector<unsigned> readers;
    std::vector<unsigned> queued;
    for (unsigned other = 0; other != states.size(); ++other) {
      if (other == thread) {
        continue;
      }
      if (const Holding* holding = held(other, object)) {
        (holding->shared ? readers : writers).push_back(other);
      }
      const relacy::Event* wanted = wanted_by(other);
      if (states[other].sleeps && wanted != nullptr && wanted->operation == Operation::lock &&
          objects.find(*wanted) == object) {
        queued.push_back(other);
      }
    }
    return !writers.empty() ? writers : !shared ? readers : queued;
  }

 private:
  // A pointer has the name that the scenario gave to what it points to, or a number.
  void note_pointer(const relacy::Value& value, std::span<const ObjectName> names) {
    if (text_of(value) != "null" || !value.address || value.number == 0) {
      return;
    }
    std::string name = "pointer " + std::to_string(pointers.size() + 1);
    for (const ObjectName& given : names) {
      if (given.given && reinterpret_cast<std::uintptr_t>(given.begin) == value.number) {
        name = "&" + one_line(given.text);
      }
    }
    pointers.emplace_back(value.number, name);
  }
  void add(const LogEntry& entry) {
    const relacy::Event& event = entry.event;
    ThreadState& state = states[event.thread];
    if (entry.sleeps) {
      fall_asleep(event.thread);
      return;
    }
    if (event.phase == Phase::wants) {
      state.wants.push_back(event);
      return;
    }
    end_want(state, event);
    state.sleeps = false;
    Step step = make_step(event);
    step.kind = event.phase == Phase::done ? Step::Kind::done : Step::Kind::refused;
    if (step.kind == Step::Kind::refused && locks(event.operation)) {
      step.others = in_the_way(event.thread, step.object, locks_shared(event.operation));
    } else if (notifies(event.operation)) {
      step.others = sleepers_on(step.object);
      const bool all = event.operation == Operation::notify_all || step.others.size() == 1;
      for (const unsigned sleeper : step.others) {
        states[sleeper].woken = all;  // of several, which one is seen when it wakes
      }
    } else if (locks(event.operation)) {
      state.holds.push_back({step.object, steps.size(), locks_shared(event.operation)});
    } else if (unlocks(event.operation)) {
      give_back(state, step.object);
    }
    steps.push_back(std::move(step));
  }
  void fall_asleep(unsigned thread) {
    ThreadState& state = states[thread];
    relacy::Event event;
    event.thread = thread;
    if (!state.wants.empty()) {
      event = state.wants.back();
    }
    Step step = make_step(event);
    step.kind = Step::Kind::waits;
    if (state.wants.empty()) {
      step.object = ObjectTable::none;
    } else if (locks(event.operation)) {
      step.others = in_the_way(thread, step.object, locks_shared(event.operation));
      step.queued = !step.others.empty() && held(step.others.front(), step.object) == nullptr;
    } else if (event.operation == Operation::condition_wait) {
      give_back(state, step.second);
    }
    state.sleeps = true;
    state.woken = false;
    state.waiting_since = steps.size();
    // A lock that was given to somebody else meanwhile is waited for again: one wait to the reader.
    if (!steps.empty()) {
      for (std::size_t i = steps.size(); i != 0; --i) {
        const Step& before = steps[i - 1];
        if (before.event.thread == thread) {
          if (before.kind == Step::Kind::waits && locks(event.operation) && before.object == step.object) {
            state.waiting_since = i - 1;
            return;
          }
          break;
        }
      }
    }
    steps.push_back(std::move(step));
  }
  Step make_step(const relacy::Event& event) const {
    Step step;
    step.event = event;
    step.object = objects.find(event);
    step.second = event.operation == Operation::condition_wait ? objects.find_mutex(event.second) : ObjectTable::none;
    return step;
  }
  // An operation ends, and with it whatever it did inside.
  static void end_want(ThreadState& state, const relacy::Event& event) {
    for (std::size_t i = state.wants.size(); i != 0; --i) {
      const relacy::Event& wanted = state.wants[i - 1];
      if (wanted.operation == event.operation && wanted.object == event.object) {
        state.wants.resize(i - 1);
        return;
      }
    }
  }
  static void give_back(ThreadState& state, int object) {
    for (std::size_t i = state.holds.size(); i != 0; --i) {
      if (state.holds[i - 1].object == object) {
        state.holds.erase(state.holds.begin() + static_cast<std::ptrdiff_t>(i - 1));
        return;
      }
    }
  }
  [[nodiscard]] std::vector<unsigned> sleepers_on(int object) const {
    std::vector<unsigned> found;
    for (unsigned thread = 0; thread != states.size(); ++thread) {
      const relacy::Event* wanted = wanted_by(thread);
      if (states[thread].sleeps && !states[thread].woken && wanted != nullptr && sleeps_until_notified(wanted->operation) &&
          objects.find(*wanted) == object) {
        found.push_back(thread);
      }
    }
    return found;
  }
};

}  // namespace devlock::check::detail
