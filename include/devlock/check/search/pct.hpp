// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Probabilistic concurrency testing: each execution gives the threads random priorities, runs the highest that can run,
// and lowers the running one's at d - 1 random points. A bug that needs d ordered points is met with a probability of at
// least 1 / (n k^(d-1)) in each execution, for n threads and k steps, where a random walk has none that is guaranteed.
//
// Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs",
// ASPLOS 2010. A thread that yields falls below all others, or a spin loop of the highest would never end.
#pragma once

#include "devlock/check/scheduler.hpp"

namespace devlock::check::detail {

/// What an execution learns from those before it.
struct PctState {
  unsigned points = 0;  // where priorities change
  unsigned most_steps = 16;
};

template <unsigned Threads>
class PctScheduler : public rl::scheduler<PctScheduler<Threads>, rl::scheduler_thread_info, Threads> {
  using Base = rl::scheduler<PctScheduler<Threads>, rl::scheduler_thread_info, Threads>;

 public:
  struct task_t {};
  using SharedContext = typename Base::shared_context_t;
  using State = PctState;

  PctScheduler(rl::test_params& params, SharedContext& shared, rl::thread_id_t dynamic_threads)
      : Base(params, shared, dynamic_threads), state_(*static_cast<State*>(current_run->state)) {}

  rl::thread_id_t iteration_begin_impl() {
    random_ = static_cast<std::uint64_t>(this->iter_);
    for (unsigned i = 0; i != Threads; ++i) {
      const unsigned other = below(i + 1U);
      priority_[i] = priority_[other];
      priority_[other] = static_cast<int>(i + state_.points);
    }
    for (unsigned i = 0; i != state_.points; ++i) {
      change_at_[i] = 1U + below(state_.most_steps);
    }
    steps_ = 0;
    lowest_ = 0;
    return highest();
  }
  rl::thread_id_t schedule_impl(rl::unpark_reason& reason, unsigned) {
    ++steps_;
    const auto current = static_cast<unsigned>(this->thread_->index_);
    for (unsigned i = 0; i != state_.points; ++i) {
      priority_[current] = change_at_[i] == steps_ ? static_cast<int>(i) : priority_[current];
    }
    priority_[current] = relacy::next_touch_of(current).yields() ? --lowest_ : priority_[current];
    reason = rl::unpark_reason_normal;
    if (wakes(this->timed_threads_, this->timed_thread_count_, reason, rl::unpark_reason_timeout) ||
        (this->running_threads_count != 0 &&
         wakes(this->spurious_threads_, this->spurious_thread_count_, reason, rl::unpark_reason_spurious))) {
      return woken_;
    }
    return highest();
  }
  unsigned rand_impl(unsigned limit, rl::sched_type) { return below(limit); }
  bool iteration_end_impl() {
    state_.most_steps = state_.most_steps < steps_ ? steps_ : state_.most_steps;
    return false;
  }
  rl::iteration_t iteration_count_impl() { return this->iter_ + 1; }
  void get_state_impl(std::ostream&) {}
  void set_state_impl(std::istream&) {}
  void on_thread_block(rl::thread_id_t, bool) {}

  static constexpr unsigned most_points = 15;

 private:
  // SplitMix64: each seed, small ones too, gives another sequence, the same with every library.
  unsigned below(unsigned limit) {
    std::uint64_t mixed = random_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<unsigned>((mixed ^ (mixed >> 31U)) % limit);
  }

  rl::thread_id_t highest() {
    rl::thread_id_t best = this->running_threads[0];
    for (rl::thread_id_t i = 1; i < this->running_threads_count; ++i) {
      const rl::thread_id_t thread = this->running_threads[static_cast<std::size_t>(i)];
      best = priority_[thread] > priority_[best] ? thread : best;
    }
    return best;
  }
  // One time in four, and if nobody else can run.
  template <class List>
  bool wakes(const List& list, rl::thread_id_t count, rl::unpark_reason& reason, rl::unpark_reason why) {
    if (count == 0 || (this->running_threads_count != 0 && below(4) != 0)) {
      return false;
    }
    woken_ = list[below(static_cast<unsigned>(count))]->index_;
    this->unpark_thread(woken_);
    reason = why;
    return true;
  }

  State& state_;
  std::uint64_t random_ = 0;
  int priority_[Threads] = {};
  unsigned change_at_[most_points] = {};
  unsigned steps_ = 0;
  int lowest_ = 0;
  rl::thread_id_t woken_ = 0;
};

}  // namespace devlock::check::detail
