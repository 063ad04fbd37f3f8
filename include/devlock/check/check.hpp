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

#include <typeinfo>

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
#include "devlock/check/search/explore.hpp"
#include "devlock/check/search/pct.hpp"
#include "devlock/check/search/reduced.hpp"
#include "devlock/check/step.hpp"
#include "devlock/sync/relacy.hpp"

namespace devlock::check {
namespace detail {

template <unsigned Threads>
inline constexpr auto relacy_threads = static_cast<rl::thread_id_t>(Threads);

template <unsigned Threads>
Result search(Session& session, const Plan& plan, std::vector<Choice>& choices, OnFinding on_finding = nullptr) {
  constexpr auto threads = relacy_threads<Threads>;
  switch (plan.search) {
    case Search::reduced: {
      Tree<Threads> tree;
      return session.search<ReducedScheduler<Threads>, Threads>(&tree, choices, on_finding);
    }
    case Search::bounded:
      return session.search<rl::context_bound_scheduler<threads>, Threads>(nullptr, choices, on_finding);
    case Search::random: return session.search<rl::random_scheduler<threads>, Threads>(nullptr, choices, on_finding);
    case Search::pct: {
      PctState state;
      state.points = plan.bug_depth == 0 ? 0 : plan.bug_depth - 1;
      state.points = state.points < PctScheduler<Threads>::most_points ? state.points : PctScheduler<Threads>::most_points;
      return session.search<PctScheduler<Threads>, Threads>(&state, choices, on_finding);
    }
    case Search::full: break;
  }
  return session.search<rl::full_search_scheduler<threads>, Threads>(nullptr, choices, on_finding);
}

/// Looks for the same finding with as few preemptions as there can be, and reports that one.
template <unsigned Threads>
void shorten(const ScenarioTable& scenario, const Plan& plan, Session& session, Result& found) {
  std::uint64_t left = plan.shorten;
  for (unsigned bound = 0; left != 0 && bound != Threads * 4U; ++bound) {
    Plan bounded = plan;
    bounded.search = Search::bounded;
    bounded.preemptions = bound;
    bounded.executions = left;
    Session another(scenario, bounded);
    std::vector<Choice> shorter;
    const Result result = search<Threads>(another, bounded, shorter);
    left -= result.executions < left ? result.executions : left;
    if (result.outcome == Outcome::passed && result.extent != Extent::budget_hit) {
      continue;
    }
    if (result.outcome == Outcome::passed) {
      return;  // whether this bound is enough is not known, so no larger one is known to be the smallest
    }
    Result repeated;
    const bool says = found.outcome == Outcome::assertion || found.outcome == Outcome::invariant;  // which one
    if (session.repeat<Threads>(shorter, false, repeated) && repeated.outcome == found.outcome &&
        (!says || repeated.message == found.message)) {
      found.report = repeated.report;
      found.message = repeated.message;
      found.trace = repeated.trace;
      found.token = repeated.token;
      found.preemptions = static_cast<int>(bound);
    }
    return;
  }
}

template <unsigned Threads>
Result explore(const ScenarioTable& scenario, const Plan& plan) {
  Session session(scenario, plan);
  std::vector<Choice> choices;
  Result result = search<Threads>(session, plan, choices);
  if (result.outcome == Outcome::passed || result.outcome == Outcome::not_deterministic) {
    return result;
  }
  const Outcome found = result.outcome;
  const std::optional<Outcome> repeated = session.repeat<Threads>(choices, samples(plan.search), result);
  if (repeated != found) {
    result.outcome = Outcome::not_deterministic;
    result.message = std::string("the execution that ended with ") + to_string(found) +
                     (repeated ? std::string(" ended with ") + to_string(*repeated) : std::string(" went another way")) +
                     " when it was repeated";
    return result;
  }
  shorten<Threads>(scenario, plan, session, result);
  return result;
}

inline Result refused(const char* what) {
  Result result;
  result.outcome = Outcome::other;
  result.message = what;
  return result;
}

}  // namespace detail

/// Explores `S`. Never throws for a finding: everything is in the result. Outcome::other, without a run, if a check runs
/// or the plan has no depth.
template <Scenario S>
Result check(const Plan& plan = {}) {
  if (detail::current_run != nullptr) {
    return detail::refused("check() was called while another check runs; run them one after the other");
  }
  if (plan.depth == 0) {
    return detail::refused("check(): Plan::depth is 0, no execution has room; give it the schedule points of the longest one");
  }
  Result result = detail::explore<S::threads>(detail::table_of<S>(), plan);
  for (const char* wanted : plan.must_reach) {
    if (result.outcome == Outcome::passed && result.count_of(wanted) == 0) {
      result.outcome = Outcome::not_covered;
      result.message = std::string("never reached: ") + wanted;
    }
  }
  return result;
}

/// Repeats the one execution of Result::token, under a debugger if wanted. Outcome::other, without a run, for text that is
/// no token or one of another scenario; Outcome::not_deterministic if `S` no longer offers its choices.
template <Scenario S>
Result replay(std::string_view token) {
  if (detail::current_run != nullptr) {
    return detail::refused("replay() was called while a check runs; run them one after the other");
  }
  detail::Token read;
  const std::string error = detail::TokenReader(token).read(read);
  if (!error.empty()) {
    return detail::refused(("replay: this is no token: " + error).c_str());
  }
  const detail::ScenarioTable scenario = detail::table_of<S>();
  if (read.scenario != scenario.number || read.threads != S::threads) {
    return detail::refused("replay: this token belongs to another scenario");
  }
  Plan plan;
  plan.depth = read.depth;
  plan.reuse_memory = read.reuse_memory;
  detail::Session session(scenario, plan);
  Result result;
  if (!session.repeat<S::threads>(read.choices, read.sampled, result)) {
    result.outcome = Outcome::not_deterministic;
    result.message = "replay: the scenario does not offer the choices of this token; did it change since?";
  }
  result.executions = 1;
  return result;
}

}  // namespace devlock::check
