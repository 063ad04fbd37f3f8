// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// check<Scenario>(plan) runs a scenario under every schedule, or as many as the plan allows, and answers what it found.
//
//   struct Inversion {
//     static constexpr unsigned threads = 2;
//     devlock::RelacySync::mutex a, b;
//     void thread(unsigned i) { (i ? b : a).lock(); (i ? a : b).lock(); (i ? a : b).unlock(); (i ? b : a).unlock(); }
//   };
//   const auto result = devlock::check::check<Inversion>();   // Outcome::deadlock, with the trace that leads there
//
// One check at a time in a process. Compile with what devlock::check brings (no fortification, -fno-lifetime-dse).
// Not checked: what Relacy's memory model leaves out; see sync/relacy.hpp.
#pragma once

#include "devlock/check/gate.hpp"
#include "devlock/check/mark.hpp"
#include "devlock/check/memory.hpp"
#include "devlock/check/plan.hpp"
#include "devlock/check/report/coverage.hpp"
#include "devlock/check/report/failure.hpp"
#include "devlock/check/report/name.hpp"
#include "devlock/check/require.hpp"
#include "devlock/check/result.hpp"
#include "devlock/check/scenario.hpp"
#include "devlock/check/scheduler.hpp"
#include "devlock/check/step.hpp"
#include "devlock/sync/relacy.hpp"

namespace devlock::check {
namespace detail {

constexpr Outcome to_outcome(rl::test_result_e result) {
  switch (result) {
    case rl::test_result_success: return Outcome::passed;
    case rl::test_result_user_assert_failed: return Outcome::assertion;
    case rl::test_result_user_invariant_failed: return Outcome::invariant;
    case rl::test_result_data_race: return Outcome::data_race;
    case rl::test_result_deadlock: return Outcome::deadlock;
    case rl::test_result_livelock: return Outcome::livelock;
    case rl::test_result_unlocking_mutex_wo_ownership: return Outcome::not_the_owner;
    case rl::test_result_recursion_on_nonrecursive_mutex: return Outcome::locked_twice;
    case rl::test_result_destroying_owned_mutex: return Outcome::destroyed_while_held;
    case rl::test_result_access_to_freed_memory:
    case rl::test_result_double_free:
    case rl::test_result_unitialized_access: return Outcome::bad_memory;
    case rl::test_result_memory_leak:
    case rl::test_result_resource_leak: return Outcome::leak;
    default: return Outcome::other;
  }
}

/// The search with one of Relacy's schedulers.
template <class Scheduler, unsigned Threads>
Result explore(const ScenarioTable& scenario, const Plan& plan) {
  using Clock = std::chrono::steady_clock;
  std::ostream nowhere(nullptr);
  rl::ostringstream state;
  rl::ostringstream trace;
  rl::test_params params;
  params.iteration_count = ~rl::iteration_t{0};
  params.output_stream = &trace;
  params.progress_stream = &nowhere;
  params.search_type = plan.search == Search::full      ? rl::sched_full
                       : plan.search == Search::bounded ? rl::sched_bound
                                                        : rl::sched_random;
  params.context_bound = plan.preemptions;
  params.execution_depth_limit = plan.depth;

  const auto begin = Clock::now();
  const std::align_val_t alignment{scenario.alignment};
  Run run;
  run.scenario = &scenario;
  run.object = ::operator new(scenario.size, alignment);
  run.end = begin + std::chrono::duration_cast<Clock::duration>(plan.time);
  run.most_executions = plan.executions;
  run.seed = plan.search == Search::random ? plan.seed : 0;
  run.reuse_memory = plan.reuse_memory;
  current_run = &run;
  marks.clear();

  Result result;
  const rl::test_result_e found = rl::run_test<Suite<Threads>, Limited<Scheduler>>(params, state, false);
  result.outcome = to_outcome(found);
  result.executions = params.stop_iteration;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  result.marks = marks.counts();
  if (found == rl::test_result_success) {
    result.extent = plan.search == Search::random ? Extent::sampled
                    : run.cut                     ? Extent::budget_hit
                    : plan.search == Search::full ? Extent::complete
                                                  : Extent::sampled;
  } else {
    // Once more, with history. It begins where the search ended and ends after one execution.
    run.executions = 0;
    run.most_executions = 1;
    params.initial_state = state.str();
    params.collect_history = true;
    rl::ostringstream again;
    EventLog log;
    const rl::test_result_e repeated = rl::run_test<Suite<Threads>, Limited<Scheduler>>(params, again, false);
    result.message = first_line(trace.str().c_str());
    report_failure(result, log.recording(), scenario.thread_names, Threads);
    if (repeated != found) {
      result.outcome = Outcome::not_deterministic;
      result.message = std::string("the execution that ended with ") + rl::test_result_str(found) + " ended with " +
                       rl::test_result_str(repeated) + " when it was repeated";
    }
  }
  ::operator delete(run.object, alignment);
  current_run = nullptr;
  return result;
}

template <unsigned Threads>
Result explore(const ScenarioTable& scenario, const Plan& plan) {
  constexpr auto threads = static_cast<rl::thread_id_t>(Threads);
  switch (plan.search) {
    case Search::bounded: return explore<rl::context_bound_scheduler<threads>, Threads>(scenario, plan);
    case Search::random: return explore<rl::random_scheduler<threads>, Threads>(scenario, plan);
    case Search::full: break;
  }
  return explore<rl::full_search_scheduler<threads>, Threads>(scenario, plan);
}

}  // namespace detail

/// Explores `S`. Never throws for a finding: everything is in the result. Outcome::other, without a run, if a check runs.
template <Scenario S>
Result check(const Plan& plan = {}) {
  if (detail::current_run != nullptr) {
    Result refused;
    refused.outcome = Outcome::other;
    refused.message = "check() was called while another check runs; run them one after the other";
    return refused;
  }
  Result result = detail::explore<S::threads>(detail::table_of<S>, plan);
  for (const char* wanted : plan.must_reach) {
    if (result.outcome == Outcome::passed && result.count_of(wanted) == 0) {
      result.outcome = Outcome::not_covered;
      result.message = std::string("never reached: ") + wanted;
    }
  }
  return result;
}

}  // namespace devlock::check
