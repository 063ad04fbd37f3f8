// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Repeats one execution: a scheduler that makes the choices that it is given. Whichever search found them, they mean the
// same here. Choices that the scenario does not offer end the execution: it is another scenario, or one that is not
// deterministic.
#pragma once

#include "devlock/check/scheduler.hpp"

namespace devlock::check::detail {

/// The choices to make, and whether they could be made.
struct ReplayState {
  const std::vector<Choice>* choices = nullptr;
  std::size_t used = 0;
  bool fits = true;
};

template <unsigned Threads>
class ReplayScheduler : public rl::scheduler<ReplayScheduler<Threads>, rl::scheduler_thread_info, Threads> {
  using Base = rl::scheduler<ReplayScheduler<Threads>, rl::scheduler_thread_info, Threads>;

 public:
  struct task_t {};
  using SharedContext = typename Base::shared_context_t;
  using State = ReplayState;

  ReplayScheduler(rl::test_params& params, SharedContext& shared, rl::thread_id_t dynamic_threads)
      : Base(params, shared, dynamic_threads), run_(*current_run), state_(*static_cast<State*>(current_run->state)) {}

  rl::thread_id_t iteration_begin_impl() {
    const Choice first = next(Choice::Kind::runs);
    state_.fits = state_.fits && first.value < Threads;
    return state_.fits ? static_cast<rl::thread_id_t>(first.value) : 0;
  }
  rl::thread_id_t schedule_impl(rl::unpark_reason& reason, unsigned) {
    reason = rl::unpark_reason_normal;
    const Choice choice = next(Choice::Kind::runs);
    const auto thread = static_cast<rl::thread_id_t>(choice.value);
    if (choice.kind == Choice::Kind::data || choice.value >= Threads || !able(choice, thread)) {
      state_.fits = false;
    }
    if (!state_.fits) {
      rl::ctx().fail_test("does not fit", rl::test_result_user_assert_failed, relacy::Location());
      return 0;
    }
    run_.waited = choice.kind == Choice::Kind::runs_after_wait;
    if (choice.kind == Choice::Kind::times_out || choice.kind == Choice::Kind::wakes_spuriously) {
      reason = choice.kind == Choice::Kind::times_out ? rl::unpark_reason_timeout : rl::unpark_reason_spurious;
      this->unpark_thread(thread);
    }
    return thread;
  }
  unsigned rand_impl(unsigned limit, rl::sched_type) {
    const Choice choice = next(Choice::Kind::data);
    if (choice.kind != Choice::Kind::data || choice.value >= limit) {
      state_.fits = false;
    }
    if (!state_.fits) {
      rl::ctx().fail_test("does not fit", rl::test_result_user_assert_failed, relacy::Location());
      return 0;
    }
    return choice.value;
  }
  // What would be a deadlock goes on if a wakeup without reason follows.
  bool park_current_thread(bool is_timed, bool allow_spurious_wakeup) {
    return Base::park_current_thread(is_timed, allow_spurious_wakeup) || wakes_from_deadlock();
  }
  rl::thread_finish_result thread_finished() {
    const rl::thread_finish_result result = Base::thread_finished();
    return result == rl::thread_finish_result_deadlock && wakes_from_deadlock() ? rl::thread_finish_result_normal : result;
  }
  bool iteration_end_impl() { return true; }
  rl::iteration_t iteration_count_impl() { return 1; }
  void get_state_impl(std::ostream&) {}
  void set_state_impl(std::istream&) {}
  void on_thread_block(rl::thread_id_t, bool) {}

 private:
  Choice next(Choice::Kind kind) {
    if (state_.used == state_.choices->size()) {
      state_.fits = false;
      return {kind, 0};
    }
    return (*state_.choices)[state_.used++];
  }
  [[nodiscard]] bool wakes_from_deadlock() const {
    return state_.used != state_.choices->size() &&
           (*state_.choices)[state_.used].kind == Choice::Kind::wakes_spuriously;
  }
  [[nodiscard]] bool able(Choice choice, rl::thread_id_t thread) const {
    if (choice.kind == Choice::Kind::times_out) {
      return is_in(this->timed_threads_, this->timed_thread_count_, thread);
    }
    if (choice.kind == Choice::Kind::wakes_spuriously) {
      return is_in(this->spurious_threads_, this->spurious_thread_count_, thread);
    }
    return this->threads_[thread].state_ == rl::thread_state_running;
  }
  template <class List>
  static bool is_in(const List& list, rl::thread_id_t count, rl::thread_id_t thread) {
    for (rl::thread_id_t i = 0; i != count; ++i) {
      if (list[i]->index_ == thread) {
        return true;
      }
    }
    return false;
  }

  Run& run_;
  State& state_;
};

}  // namespace devlock::check::detail
