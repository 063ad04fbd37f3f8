// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What stands in front of every scheduler, Relacy's and devlock's own. Relacy's full and bounded searches know neither
// time nor number of executions; Limited gives them limits that work. It records the choices, tells the adapter whose
// step begins, counts how often each thread had to wait, notices a scenario that is not deterministic, and leaves the
// reuse of freed memory out of the search unless it is asked for. Relacy calls its scheduler by static type, so what is
// redefined here is what runs.
#pragma once

#include <iterator>

#include "devlock/check/search/run.hpp"

namespace devlock::check::detail {

template <class Base>
class Limited : public Base {
 public:
  Limited(rl::test_params& params, typename Base::shared_context_t& shared, rl::thread_id_t dynamic_threads)
      : Base(params, shared, dynamic_threads), run_(*current_run) {}

  rl::thread_id_t iteration_begin(rl::iteration_t iteration) {
    run_.begin_execution(static_cast<unsigned>(std::size(this->threads_)));
    const rl::thread_id_t first = Base::iteration_begin(iteration + run_.seed);
    begin_step(first, Choice::Kind::runs);
    return first;
  }
  rl::thread_id_t schedule(rl::unpark_reason& reason, unsigned yield) {
    // Relacy forgets those that yielded if all others wait and one of these may time out.
    if constexpr (requires { this->stree_depth_; }) {
      if (this->running_threads_count == 0) {
        this->purge_blocked_threads();
      }
    }
    const auto current = static_cast<unsigned>(this->thread_->index_);
    const rl::thread_id_t next = Base::schedule(reason, yield);
    run_.exceptions.switch_to(current, static_cast<unsigned>(next));
    Choice::Kind kind = kind_of(reason);
    if (run_.waited) {
      run_.waited = false;
      ++run_.blocked[next];
      kind = Choice::Kind::runs_after_wait;
    }
    if (!begin_step(next, kind)) {
      end_not_deterministic("another operation");
    }
    return next;
  }
  unsigned rand(unsigned limit, rl::sched_type type) {
    if (type == rl::sched_type_mem_realloc && !run_.reuse_memory) {
      return 0U;
    }
    const unsigned chosen = Base::rand(limit, type);
    if (!run_.choices.add({Choice::Kind::data, chosen}, limit * 16U + static_cast<unsigned>(type))) {
      end_not_deterministic("another choice");
    }
    return chosen;
  }
  bool iteration_end() {
    const bool finished = Base::iteration_end();
    const bool spent = run_.spent();
    run_.cut = spent && !finished;
    return finished || spent;
  }
  bool park_current_thread(bool is_timed, bool allow_spurious_wakeup) {
    ++run_.blocked[this->thread_->index_];
    relacy::detail::published.park(static_cast<unsigned>(this->thread_->index_));
    note_sleep(this->thread_->index_);
    return Base::park_current_thread(is_timed, allow_spurious_wakeup);
  }
  // Relacy begins where a search ended. After a finding the next schedule is wanted, not the same once more.
  void set_state(std::istream& state) {
    Base::set_state(state);
    if constexpr (requires { this->stree_depth_; }) {
      this->stree_depth_ = this->stree_.size();
      run_.exhausted = Base::iteration_end_impl();
    }
  }

 private:
  bool begin_step(rl::thread_id_t thread, Choice::Kind kind) {
    note_run(thread);
    relacy::detail::published.begin_step(static_cast<unsigned>(thread));
    const auto running = static_cast<unsigned>(this->running_threads_count);
    return run_.choices.add({kind, static_cast<unsigned>(thread)},
                            relacy::detail::published.now().fingerprint() * max_running + running);
  }
  void end_not_deterministic(const char* what) {
    run_.not_deterministic = what;
    rl::ctx().fail_test("not deterministic", rl::test_result_user_assert_failed, relacy::Location());
  }

  static constexpr std::uint64_t max_running = 64;
  Run& run_;
};

}  // namespace devlock::check::detail
