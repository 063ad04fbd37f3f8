// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The reduced search: of all schedules that differ only in the order of steps that may be swapped, one is explored, or
// few. Dynamic partial order reduction with source sets and sleep sets, as a scheduler of Relacy's.
//
// A lock whose mutex is held is not tried until the mutex is free; that a thread waited is known from what happened
// before what. A timed or spurious wakeup is a step like any other. A thread that yields runs again when another one ran.
//
// Not reduced: a scenario with an invariant(), which reads everything at every point, and one with reuse_memory.
// Not seen: plain data between two schedule points; put a check::step() where its order matters.
#pragma once

#include "devlock/check/scheduler.hpp"
#include "devlock/check/search/tree.hpp"

namespace devlock::check::detail {

template <unsigned Threads, class Policy = ReductionPolicy>
class ReducedScheduler : public rl::scheduler<ReducedScheduler<Threads, Policy>, rl::scheduler_thread_info, Threads> {
  using Base = rl::scheduler<ReducedScheduler<Threads, Policy>, rl::scheduler_thread_info, Threads>;

 public:
  struct task_t {};
  using SharedContext = typename Base::shared_context_t;
  /// Outlives a finding.
  using State = Tree<Threads, Policy>;

  ReducedScheduler(rl::test_params& params, SharedContext& shared, rl::thread_id_t dynamic_threads)
      : Base(params, shared, dynamic_threads), run_(*current_run), tree_(*static_cast<State*>(current_run->state)) {}

  rl::thread_id_t iteration_begin_impl() {
    tree_.begin_execution();
    return static_cast<rl::thread_id_t>(tree_.choose(mask_of_running(), -1));
  }
  rl::thread_id_t schedule_impl(rl::unpark_reason& reason, unsigned) {
    end_step();
    reason = rl::unpark_reason_normal;
    const unsigned running = mask_of_running();
    unsigned enabled = 0;
    for (unsigned rest = running; rest != 0U; rest &= rest - 1U) {
      const int thread = __builtin_ctz(rest);
      enabled |= relacy::next_touch_of(static_cast<unsigned>(thread)).blocks(thread) ? 0U : 1U << thread;
    }
    const unsigned timed = mask_of(this->timed_threads_, this->timed_thread_count_);
    const unsigned spurious = mask_of(this->spurious_threads_, this->spurious_thread_count_);
    enabled |= timed;
    if (enabled == 0U && running != 0U && !wakes_from_deadlock(running)) {
      tree_.end_in_deadlock(running, run_.opaque());  // they find out one after the other
      enabled = running;
    } else {
      enabled |= spurious;
    }
    const bool goes_on = this->thread_->state_ == rl::thread_state_running;
    const unsigned chosen = tree_.choose(enabled, goes_on ? this->thread_->index_ : -1, spurious & ~timed);
    run_.waited = tree_.last_waited();
    if ((running >> chosen & 1U) == 0U) {
      const bool may_time_out = (timed >> chosen & 1U) != 0U;
      const bool may_wake = (spurious >> chosen & 1U) != 0U;
      const bool times_out = may_time_out && (!may_wake || tree_.choose_data(2) == 0U);
      reason = times_out ? rl::unpark_reason_timeout : rl::unpark_reason_spurious;
      Base::unpark_thread(static_cast<rl::thread_id_t>(chosen));
    }
    if (!tree_.consistent()) {
      run_.not_deterministic = "other threads that could run";
      rl::ctx().fail_test("not deterministic", rl::test_result_user_assert_failed, relacy::Location());
    }
    return static_cast<rl::thread_id_t>(chosen);
  }
  unsigned rand_impl(unsigned limit, rl::sched_type) { return tree_.choose_data(limit); }

  void unpark_thread(rl::thread_id_t thread, bool switches = false) {
    const unsigned otherwise = mask_of(this->timed_threads_, this->timed_thread_count_) |
                               mask_of(this->spurious_threads_, this->spurious_thread_count_);
    tree_.wakes(static_cast<unsigned>(thread), (otherwise >> thread & 1U) != 0U);
    Base::unpark_thread(thread, switches);
  }
  bool park_current_thread(bool is_timed, bool allow_spurious_wakeup) {
    return Base::park_current_thread(is_timed, allow_spurious_wakeup) || wakes_from_deadlock(0);
  }
  rl::thread_finish_result thread_finished() {
    const rl::thread_finish_result result = Base::thread_finished();
    if (result == rl::thread_finish_result_deadlock && wakes_from_deadlock(0)) {
      return rl::thread_finish_result_normal;
    }
    if (result != rl::thread_finish_result_normal) {
      end_step();
    }
    return result;
  }
  bool iteration_end_impl() {
    run_.redundant += tree_.redundant() ? 1U : 0U;
    return !tree_.advance();
  }
  rl::iteration_t iteration_count_impl() { return this->iter_ + 1; }
  void get_state_impl(std::ostream&) {}
  void set_state_impl(std::istream&) {
    end_step();
    run_.exhausted = !tree_.advance();
  }
  void on_thread_block(rl::thread_id_t, bool) {}

 private:
  // A wakeup without reason need not come, so it is a deadlock if only that would help. But it may: both are explored.
  bool wakes_from_deadlock(unsigned running) {
    const unsigned spurious = mask_of(this->spurious_threads_, this->spurious_thread_count_) & ~running;
    return spurious != 0U && tree_.choose_data(2) != 0U;
  }
  void end_step() { tree_.end_step(relacy::detail::published.now(), run_.opaque()); }
  [[nodiscard]] unsigned mask_of_running() const {
    unsigned mask = 0;
    for (rl::thread_id_t i = 0; i != this->running_threads_count; ++i) {
      mask |= 1U << this->running_threads[static_cast<std::size_t>(i)];
    }
    return mask;
  }
  template <class Threads_>
  static unsigned mask_of(const Threads_& threads, rl::thread_id_t count) {
    unsigned mask = 0;
    for (rl::thread_id_t i = 0; i != count; ++i) {
      mask |= 1U << threads[i]->index_;
    }
    return mask;
  }

  Run& run_;
  State& tree_;
};

}  // namespace devlock::check::detail
