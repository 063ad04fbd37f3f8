// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs a search with one scheduler, from the first execution to the last, and turns what Relacy answers into a Result.
//
//   Session session(scenario, plan);
//   Result result = session.search<rl::full_search_scheduler<3>, 3>(nullptr, choices);
//
// After a finding the execution is repeated from its choices, whichever scheduler made them, for the report.
#pragma once

#include <optional>

#include "devlock/check/mark.hpp"
#include "devlock/check/report/failure.hpp"
#include "devlock/check/report/name.hpp"
#include "devlock/check/result.hpp"
#include "devlock/check/search/replay.hpp"
#include "devlock/check/search/token.hpp"

namespace devlock::check::detail {

constexpr Outcome to_outcome(rl::test_result_e result) {
  switch (result) {
    case rl::test_result_success: return Outcome::passed;
    case rl::test_result_user_assert_failed: return Outcome::assertion;
    case rl::test_result_user_invariant_failed: return Outcome::invariant;
    case rl::test_result_data_race: return Outcome::data_race;
    case rl::test_result_deadlock: return Outcome::deadlock;
    case rl::test_result_livelock: return Outcome::livelock;
    case rl::test_result_unlocking_mutex_wo_ownership: return Outcome::not_the_owner;
    case rl::test_result_recursion_on_nonrecursive_mutex:
    case rl::test_result_mutex_read_to_write_upgrade:
    case rl::test_result_mutex_write_to_read_upgrade: return Outcome::locked_twice;
    case rl::test_result_destroying_owned_mutex: return Outcome::destroyed_while_held;
    case rl::test_result_access_to_freed_memory:
    case rl::test_result_double_free:
    case rl::test_result_unitialized_access:
    case rl::test_result_usage_of_non_initialized_mutex: return Outcome::bad_memory;
    case rl::test_result_inconsistent_test_suite: return Outcome::exception;  // see search/run.hpp
    case rl::test_result_memory_leak:
    case rl::test_result_resource_leak: return Outcome::leak;
    default: return Outcome::other;
  }
}

/// What to say of a finding whose report says nothing; null if Relacy's words are better.
constexpr const char* words_of(rl::test_result_e result) {
  switch (result) {
    case rl::test_result_access_to_freed_memory: return "memory is used that is not allocated, or no longer";
    case rl::test_result_double_free: return "memory is freed that is not allocated, or no longer";
    case rl::test_result_usage_of_non_initialized_mutex: return "a mutex is used that does not exist, or no longer";
    case rl::test_result_memory_leak: return "memory that the scenario allocated is not freed when the execution ends";
    case rl::test_result_resource_leak: return "a lock, an atomic or a var is not destroyed when the execution ends";
    default: return nullptr;
  }
}

constexpr bool samples(Search search) { return search == Search::random || search == Search::pct; }

/// Told of each finding; true if the search is to go on.
using OnFinding = bool (*)(void* object, Outcome outcome);

class Session {
 public:
  Session(const ScenarioTable& scenario, const Plan& plan) : scenario_(scenario), plan_(plan) {
    object_ = ::operator new(scenario.size, std::align_val_t{scenario.alignment});
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { ::operator delete(object_, std::align_val_t{scenario_.alignment}); }

  /// Without report. `choices` of the finding, if there is one; `state` is the scheduler's.
  template <class Scheduler, unsigned Threads>
  Result search(void* state, std::vector<Choice>& choices, OnFinding on_finding = nullptr) {
    const auto begin = Run::Clock::now();
    Progress progress(begin);
    Run run;
    prepare(run, state);
    run.end = after(begin, plan_.time);
    run.most_executions = plan_.executions;
    run.seed = samples(plan_.search) ? plan_.seed : 0;
    run.progress = &progress;
    marks.clear();

    rl::ostringstream trace;
    rl::test_params params = make_params(trace, samples(plan_.search));
    Result result;
    for (;;) {
      rl::ostringstream place;
      const rl::test_result_e found = run_test<Scheduler, Threads>(run, params, place);
      result.outcome = to_outcome(found);
      if (found == rl::test_result_success || run.exhausted) {
        break;
      }
      choices = run.choices.copy();
      run.cut = run.spent();
      if (run.not_deterministic != nullptr) {
        result.outcome = Outcome::not_deterministic;
        result.message = std::string("the same choices led to ") + run.not_deterministic + " than before";
        break;
      }
      if (on_finding == nullptr || !on_finding(run.object, result.outcome) || run.cut) {
        break;
      }
      params.initial_state = next_place(params.stop_iteration, place.str());
    }
    if (run.exhausted) {
      result.outcome = Outcome::passed;  // the last execution was met before
    }
    const bool ended = result.outcome == Outcome::passed || on_finding != nullptr;
    const bool explores_all = plan_.search == Search::reduced || plan_.search == Search::full;
    if (ended && !samples(plan_.search)) {
      result.extent = run.cut ? Extent::budget_hit : explores_all ? Extent::complete : Extent::sampled;
    }
    result.executions = run.executions;
    result.redundant = run.redundant;
    result.steps = run.steps;
    result.deepest = run.deepest;
    result.seconds = std::chrono::duration<double>(Run::Clock::now() - begin).count();
    result.marks = marks.counts();
    current_run = nullptr;
    return result;
  }

  /// Repeats `choices` once, for the report. The outcome, or nothing if they do not fit.
  template <unsigned Threads>
  std::optional<Outcome> repeat(const std::vector<Choice>& choices, bool sampled, Result& result) {
    ReplayState state;
    state.choices = &choices;
    Run run;
    prepare(run, &state);
    rl::ostringstream trace;
    rl::test_params params = make_params(trace, sampled);
    params.collect_history = true;
    rl::ostringstream place;
    EventLog log;
    const rl::test_result_e found = run_test<ReplayScheduler<Threads>, Threads>(run, params, place);
    current_run = nullptr;
    if (!state.fits) {
      return {};
    }
    result.outcome = to_outcome(found);
    if (found != rl::test_result_success) {
      const char* words = words_of(found);
      result.message = words != nullptr ? words : words_of_relacy(trace.str().c_str());
      if (found == rl::test_result_livelock) {
        result.message = "it goes on after " + std::to_string(plan_.depth) + " schedule points (Plan::depth)";
      }
      report_failure(result, log.recording(), scenario_.thread_names, Threads);
    }
    result.token = to_text(Token{scenario_.number, Threads, plan_.depth, plan_.reuse_memory, sampled, choices});
    return to_outcome(found);
  }

 private:
  // Never, if the clock cannot count so far.
  static Run::Clock::time_point after(Run::Clock::time_point begin, std::chrono::duration<double> time) {
    if (time >= std::chrono::hours(24 * 365 * 100)) {
      return Run::Clock::time_point::max();
    }
    return time.count() > 0 ? begin + std::chrono::duration_cast<Run::Clock::duration>(time) : begin;
  }
  void prepare(Run& run, void* state) {
    run.scenario = &scenario_;
    run.object = object_;
    run.state = state;
    run.reuse_memory = plan_.reuse_memory;
    current_run = &run;
  }
  rl::test_params make_params(rl::ostringstream& trace, bool sampled) {
    rl::test_params params;
    params.iteration_count = ~rl::iteration_t{0};
    params.output_stream = &trace;
    params.progress_stream = &nowhere_;
    params.search_type = sampled ? rl::sched_random : rl::sched_full;
    params.context_bound = plan_.preemptions;
    params.execution_depth_limit = plan_.depth;
    return params;
  }
  template <class Scheduler, unsigned Threads>
  rl::test_result_e run_test(Run&, rl::test_params& params, rl::ostringstream& place) {
    return rl::run_test<Suite<Threads>, Limited<Scheduler>>(params, place, false);
  }
  // Relacy writes the number of the execution and what its scheduler says of itself.
  static rl::string next_place(rl::iteration_t execution, const rl::string& place) {
    rl::ostringstream next;
    next << execution + 1 << place.substr(place.find(' ')) << ' ';
    return next.str();
  }

  const ScenarioTable& scenario_;
  const Plan& plan_;
  void* object_;
  std::ostream nowhere_{nullptr};
};

}  // namespace devlock::check::detail
