// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Relacy's schedulers with limits that work: its full and bounded searches know neither time nor number of executions.
// Limited stands in front of any of them; Relacy calls its scheduler by static type, so what is redefined here is what
// runs. It also counts how often each thread had to wait, and leaves the reuse of freed memory out of the search unless
// it is asked for.
#pragma once

#include <chrono>

#include "devlock/check/plan.hpp"
#include "devlock/check/relacy.hpp"
#include "devlock/check/report/event_log.hpp"
#include "devlock/check/report/progress.hpp"
#include "devlock/check/scenario.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {
namespace detail {

/// One search while it runs.
struct Run {
  const ScenarioTable* scenario = nullptr;
  void* object = nullptr;  // where the scenario of each execution is made
  std::chrono::steady_clock::time_point end;
  std::uint64_t most_executions = 0;  // 0: no limit
  std::uint64_t seed = 0;
  bool reuse_memory = false;
  std::uint64_t executions = 0;
  bool cut = false;                   // ended by a limit
  unsigned blocked[relacy::max_threads] = {};
  unsigned depth = 0;                 // schedule points of the newest execution
  Progress progress{std::chrono::steady_clock::now()};

  // True if the search must end now. The clock costs as much as a short execution, so it is read now and then.
  bool spent() {
    ++executions;
    if (executions == most_executions || executions % 64 != 0) {
      return executions == most_executions;
    }
    const auto now = std::chrono::steady_clock::now();
    progress.at(now, executions, most_executions, depth, end);
    return now >= end;
  }
};

inline Run* current_run = nullptr;

/// A scenario of `Threads` threads as Relacy wants it.
template <unsigned Threads>
struct Suite : rl::test_suite<Suite<Threads>, static_cast<rl::thread_id_t>(Threads)> {
  Suite() { run_.scenario->construct(run_.object); }
  ~Suite() { run_.scenario->destroy(run_.object); }
  void thread(unsigned index) { run_.scenario->thread(run_.object, index); }
  void before() { call(run_.scenario->before); }
  void after() { call(run_.scenario->after); }
  void invariant() { call(run_.scenario->invariant); }

 private:
  void call(void (*function)(void*)) {
    if (function != nullptr) {
      function(run_.object);
    }
  }
  Run& run_ = *current_run;
};

template <class Base>
class Limited : public Base {
 public:
  Limited(rl::test_params& params, typename Base::shared_context_t& shared, rl::thread_id_t dynamic_threads)
      : Base(params, shared, dynamic_threads), run_(*current_run) {}

  rl::thread_id_t iteration_begin(rl::iteration_t iteration) {
    for (unsigned& count : run_.blocked) {
      count = 0;
    }
    const rl::thread_id_t first = Base::iteration_begin(iteration + run_.seed);
    run_.depth = 0;
    note_run(first);
    return first;
  }
  rl::thread_id_t schedule(rl::unpark_reason& reason, unsigned yield) {
    const rl::thread_id_t next = Base::schedule(reason, yield);
    ++run_.depth;
    note_run(next);
    return next;
  }
  bool iteration_end() {
    const bool finished = Base::iteration_end();
    const bool spent = run_.spent();
    run_.cut = spent && !finished;
    return finished || spent;
  }
  unsigned rand(unsigned limit, rl::sched_type type) {
    return type == rl::sched_type_mem_realloc && !run_.reuse_memory ? 0U : Base::rand(limit, type);
  }
  bool park_current_thread(bool is_timed, bool allow_spurious_wakeup) {
    ++run_.blocked[this->thread_->index_];
    note_sleep(this->thread_->index_);
    return Base::park_current_thread(is_timed, allow_spurious_wakeup);
  }

 private:
  Run& run_;
};

}  // namespace detail

/// How often the calling simulated thread had to wait so far in this execution. A function that never waits leaves it
/// as it is.
inline unsigned times_blocked() { return detail::current_run->blocked[rl::ctx().current_thread()]; }

}  // namespace devlock::check
