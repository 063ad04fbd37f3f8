// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// One search while it runs: its limits, its counters and the execution that is on.
//
//   if (current_run->spent()) ...   // after each execution
//
// Not here: which schedule comes next; that is the scheduler's.
#pragma once

#include <chrono>
#include <cstdio>
#include <exception>

#include "devlock/check/memory.hpp"
#include "devlock/check/plan.hpp"
#include "devlock/check/report/event_log.hpp"
#include "devlock/check/report/progress.hpp"
#include "devlock/check/scenario.hpp"
#include "devlock/check/search/choices.hpp"
#include "devlock/check/search/exceptions.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {
namespace detail {

struct Run {
  using Clock = std::chrono::steady_clock;

  const ScenarioTable* scenario = nullptr;
  void* object = nullptr;  // where the scenario of each execution is made
  void* state = nullptr;   // of the scheduler, if it has some
  Clock::time_point end;
  std::uint64_t most_executions = 0;  // 0: no limit
  std::uint64_t seed = 0;
  bool reuse_memory = false;
  bool reduces = false;               // the scheduler knows what may be swapped

  std::uint64_t executions = 0;
  std::uint64_t redundant = 0;        // those that only repeated another one in another order
  std::uint64_t steps = 0;
  std::size_t deepest = 0;
  bool cut = false;                   // ended by a limit
  bool exhausted = false;             // there was nothing left to explore
  const char* not_deterministic = nullptr;
  unsigned blocked[relacy::max_threads] = {};
  bool waited = false;                // the step that is chosen follows a wait for a mutex
  Choices choices;
  Exceptions exceptions;
  Progress* progress = nullptr;

  void begin_execution(unsigned threads) {
    for (unsigned i = 0; i != threads; ++i) {
      blocked[i] = 0;
    }
    choices.begin_execution();
    exceptions.begin_execution();
    relacy::detail::sink = event_log;  // whoever else listened when the execution before ended in a finding
    relacy::detail::published.begin_execution(threads);
  }
  // True if the search must end now. The clock costs as much as a short execution, so it is read now and then.
  bool spent() {
    ++executions;
    steps += choices.size();
    deepest = deepest < choices.size() ? choices.size() : deepest;
    if (executions == most_executions) {
      return true;
    }
    if (executions % 64 != 0) {
      return false;
    }
    const Clock::time_point now = Clock::now();
    if (progress != nullptr && rl::is_ctx()) {
      UntrackedRegion::enter();
      progress->at(now, executions, most_executions, choices.size(), end);
      UntrackedRegion::leave();
    }
    return now >= end;
  }
  // Every operation of the scenario may read what the scheduler cannot see.
  [[nodiscard]] bool opaque() const { return scenario->invariant != nullptr || reuse_memory; }
};

inline Run* current_run = nullptr;

/// Counts the locks that a scenario keeps from before its threads begin. They belong to whichever thread happens to run
/// first, which is no property of the scenario, and a search that reduces would try one of them only.
class LocksKept final : public relacy::EventSink {
 public:
  LocksKept() { relacy::detail::sink = this; }
  LocksKept(const LocksKept&) = delete;
  LocksKept& operator=(const LocksKept&) = delete;
  void on_event(const relacy::Event& event) override {
    using relacy::Operation;
    const Operation operation = event.operation;
    if (event.phase == relacy::Phase::done) {
      count_ += operation == Operation::lock || operation == Operation::try_lock || operation == Operation::lock_shared ||
                operation == Operation::try_lock_shared;
      count_ -= operation == Operation::unlock || operation == Operation::unlock_shared;
    }
    if (next_ != nullptr) {
      next_->on_event(event);
    }
  }
  /// Listens no longer.
  [[nodiscard]] int end() {
    relacy::detail::sink = next_;
    return count_;
  }

 private:
  relacy::EventSink* next_ = relacy::detail::sink;
  int count_ = 0;
};

/// A scenario of `Threads` threads as Relacy wants it.
template <unsigned Threads>
struct Suite : rl::test_suite<Suite<Threads>, static_cast<rl::thread_id_t>(Threads)> {
  Suite() { call(run_.scenario->construct, "constructor"); }
  ~Suite() { call(run_.scenario->destroy, "destructor"); }
  void thread(unsigned index) {
    guarded([&] { run_.scenario->thread(run_.object, index); }, "thread()");
  }
  void before() {
    call(run_.scenario->before, "before()");
    if (kept_.end() != 0) {
      rl::ctx().fail_test("a lock is held when the threads begin; give it back in before(), or take it in a thread",
                          rl::test_result_user_assert_failed, relacy::Location());
    }
    relacy::detail::published.set_apart(false);
  }
  void after() {
    relacy::detail::published.set_apart(true);
    call(run_.scenario->after, "after()");
  }
  void invariant() {
    if (run_.scenario->invariant != nullptr) {
      call(run_.scenario->invariant, "invariant()");
    }
  }

 private:
  void call(void (*function)(void*), const char* which) {
    if (function != nullptr) {
      guarded([&] { function(run_.object); }, which);
    }
  }
  // Above it are Relacy's frames, which an exception must not enter.
  template <class Call>
  static void guarded(Call call, const char* which) {
    try {
      call();
    } catch (const std::exception& thrown) {
      fail(which, thrown.what());
    } catch (...) {
      fail(which, "of a type that is no std::exception");
    }
  }
  static void fail(const char* which, const char* what) {
    char text[256];  // a string would count as the scenario's
    std::snprintf(text, sizeof text, "an exception left the scenario's %s: %s", which, what);
    rl::ctx().fail_test(text, rl::test_result_inconsistent_test_suite, relacy::Location());
  }
  Run& run_ = *current_run;
  LocksKept kept_;
};

}  // namespace detail

/// How often the calling simulated thread had to wait so far in this execution. A function that never waits leaves it
/// as it is. A search that reduces counts a wait for a mutex also if the thread waits in another order of the same
/// operations only.
inline unsigned times_blocked() { return detail::current_run->blocked[rl::ctx().current_thread()]; }

}  // namespace devlock::check
