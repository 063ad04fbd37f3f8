// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The tree of a reduced search, depth first: at each node the threads that may run, those that must be tried, and those
// that sleep, because every schedule that begins with them was explored before and what ran since can be swapped with
// their next step. Races found in an execution (search/events.hpp) add threads to be tried to the nodes above.
//
// A node may also be a choice of data, of which every place is tried.
//
// `Policy` says what to try after a race and what a step is seen to touch: ReductionPolicy, and in the tests the wrong
// ones that must be found out.
#pragma once

#include "devlock/check/search/events.hpp"

namespace devlock::check::detail {

/// Source sets.
struct ReductionPolicy {
  static const Touch& seen(const Touch& touch) { return touch; }
  /// The threads to try instead: none if one of them is tried already or sleeps.
  static unsigned to_try(unsigned initials, unsigned racing, unsigned enabled, unsigned tried, unsigned asleep) {
    if ((initials & (tried | asleep)) != 0U) {
      return 0;
    }
    const unsigned able = initials & enabled;
    if (able == 0U) {
      return enabled;
    }
    return (able & racing) != 0U ? racing : able & (~able + 1U);
  }
};

template <unsigned Threads, class Policy = ReductionPolicy>
class Tree {
 public:
  using Event = StepEvent<Threads>;

  void begin_execution() {
    depth_ = 0;
    replayed_ = 0;
    pending_ = false;
    dead_ = false;
    redundant_ = false;
    yielded_ = 0;
    sleeping_ = 0;
  }

  /// The step before ended. Called before each choice of a thread and at the end of an execution.
  void end_step(const Touch& touched, bool opaque) {
    if (!pending_) {
      return;
    }
    pending_ = false;
    const Touch touch = as_seen(touched, opaque);
    Node& node = nodes_[step_.node];
    if (node.touched >> step_.thread & 1U) {
      node.touch[step_.thread].add(touch);
    } else {
      node.touch[step_.thread] = touch;
      node.touched |= 1U << step_.thread;
    }
    step_.touch = touch;
    events_.add(step_, [&](std::size_t place) { on_race(place, step_.thread, touch); });
    // Who slept, or was tried before this one, sleeps on unless the step may not be swapped with his.
    unsigned asleep = 0;
    const bool first_matters = step_.node == 0 && every_first_;
    for (unsigned rest = first_matters ? 0U : (node.asleep | node.done) & ~(1U << step_.thread); rest != 0U; rest &= rest - 1U) {
      const auto thread = static_cast<unsigned>(__builtin_ctz(rest));
      asleep |= node.touch[thread].depends_on(touch) ? 0U : 1U << thread;
    }
    sleeping_ = asleep;
    sleeping_at_ = step_.node;
  }

  /// Every thread in `threads` waits for ever.
  void end_in_deadlock(unsigned threads, bool opaque) {
    for (unsigned rest = dead_ ? 0U : threads; rest != 0U; rest &= rest - 1U) {
      const auto thread = static_cast<unsigned>(__builtin_ctz(rest));
      const Touch touch = as_seen(relacy::next_touch_of(thread), opaque);
      events_.add_blocked(thread, touch, [&](std::size_t place) { on_race(place, thread, touch); });
    }
    dead_ = true;
  }

  /// The thread that runs next, of `enabled`; `current` if there is no reason for another one, and none of `optional`,
  /// which need not run at all, before there is one.
  unsigned choose(unsigned enabled, int current, unsigned optional = 0) {
    enabled = (enabled & ~yielded_) != 0U ? enabled & ~yielded_ : enabled;
    if (depth_ == nodes_.size()) {
      add_node(enabled, current, optional);
    } else if (nodes_[depth_].data || nodes_[depth_].enabled != enabled) {
      consistent_ = false;
      return static_cast<unsigned>(__builtin_ctz(enabled));
    }
    Node& node = nodes_[depth_];
    const unsigned thread = node.chosen;
    const Touch& next = relacy::next_touch_of(thread);
    if (next.yields() && thread == nodes_[0].chosen) {
      try_every_first();
    }
    yielded_ = next.yields() ? yielded_ | 1U << thread : yielded_ & 1U << thread;
    step_.waited = false;
    if (!dead_) {
      begin_step(thread, next);
    }
    ++depth_;
    return thread;
  }
  [[nodiscard]] bool last_waited() const { return step_.waited; }
  /// The running step woke `thread`, which could have gone on `otherwise` too: that is tried before the step.
  void wakes(unsigned thread, bool otherwise) {
    step_.woke |= 1U << thread;
    if (otherwise && pending_) {
      Node& node = nodes_[step_.node];
      node.tried |= node.enabled & (1U << thread);
    }
  }

  unsigned choose_data(unsigned count) {
    if (count == 1U) {
      return 0;
    }
    if (depth_ == nodes_.size()) {
      nodes_.push_back({});
      nodes_.back().data = true;
      nodes_.back().count = dead_ ? 1U : count;
    } else if (!nodes_[depth_].data) {
      consistent_ = false;
      return 0;
    }
    return nodes_[depth_++].chosen;
  }

  /// Goes on to the next execution. False if there is none.
  bool advance() {
    nodes_.resize(depth_ < nodes_.size() ? depth_ : nodes_.size());
    while (!nodes_.empty()) {
      Node& node = nodes_.back();
      if (node.data) {
        if (++node.chosen < node.count) {
          std::size_t step = nodes_.size();
          do {
            --step;
          } while (nodes_[step].data);  // the step that made the choice happens otherwise
          events_.truncate(events_.first_at(step));
          return true;
        }
      } else if (const unsigned left = node.tried & ~node.done & ~node.asleep; left != 0U) {
        node.chosen = static_cast<unsigned>(__builtin_ctz(left));
        node.done |= 1U << node.chosen;
        events_.truncate(events_.first_at(nodes_.size() - 1U));
        return true;
      }
      nodes_.pop_back();
    }
    return false;
  }

  /// What ran since repeats another execution in another order.
  [[nodiscard]] bool redundant() const { return redundant_; }
  [[nodiscard]] bool consistent() const { return consistent_; }

 private:
  struct Node {
    bool data = false;
    unsigned count = 0;    // of data
    unsigned chosen = 0;   // thread or place
    unsigned enabled = 0;  // threads, one bit each
    unsigned tried = 0;
    unsigned done = 0;     // tried, the chosen one included
    unsigned asleep = 0;
    unsigned touched = 0;  // whose touch is known
    Touch touch[Threads];  // of the next step of those done or asleep
  };

  // Relacy lets a thread that yielded read no old value that it knows. The thread that runs first constructs the scenario
  // and knows what it wrote there, so each must be the first once, and none of these executions repeats another.
  void try_every_first() {
    if (!every_first_) {
      every_first_ = true;
      nodes_[0].tried = nodes_[0].enabled;
    }
  }
  static Touch as_seen(const Touch& touch, bool opaque) {
    Touch seen = Policy::seen(touch);
    if (opaque) {
      seen.add(Touch::everything());
    }
    return seen;
  }
  void add_node(unsigned enabled, int current, unsigned optional) {
    nodes_.push_back({});
    Node& node = nodes_.back();
    node.enabled = enabled;
    unsigned able = enabled;
    if (!dead_) {
      node.asleep = depth_ == 0 ? 0U : sleeping_;
      for (unsigned rest = node.asleep; rest != 0U; rest &= rest - 1U) {
        const auto thread = static_cast<unsigned>(__builtin_ctz(rest));
        node.touch[thread] = nodes_[sleeping_at_].touch[thread];
      }
      node.touched = node.asleep;
      able &= ~node.asleep;
      dead_ = able == 0U;
      redundant_ = dead_;
    }
    able = able == 0U ? enabled : able;
    able = (able & ~optional) != 0U ? able & ~optional : able;
    const bool stay = current >= 0 && (able >> current & 1) != 0;
    node.chosen = stay ? static_cast<unsigned>(current) : static_cast<unsigned>(__builtin_ctz(able));
    node.done = 1U << node.chosen;
    node.tried = dead_ ? 0U : node.done;
  }
  void begin_step(unsigned thread, const Touch& next) {
    if (replayed_ != events_.size() && events_[replayed_].node == depth_) {
      step_ = events_[replayed_++];  // known from the execution before
      return;
    }
    step_ = {};
    step_.thread = thread;
    step_.node = depth_;
    step_.owner = next.owner();
    step_.waited = next.waits() && events_.would_wait(thread, next);
    pending_ = true;
  }
  void on_race(std::size_t place, unsigned thread, const Touch& touch) {
    Node& node = nodes_[events_[place].node];
    node.tried |= Policy::to_try(events_.initials(place, thread, touch), 1U << thread, node.enabled, node.tried, node.asleep);
  }

  Vector<Node> nodes_;
  Events<Threads> events_;
  std::size_t depth_ = 0;
  std::size_t replayed_ = 0;     // steps known from the execution before
  Event step_;                   // the running one
  std::size_t sleeping_at_ = 0;  // the node of the step before
  unsigned sleeping_ = 0;
  unsigned yielded_ = 0;
  bool every_first_ = false;     // each thread must be the first once
  bool pending_ = false;
  bool dead_ = false;            // nothing new from here on
  bool redundant_ = false;
  bool consistent_ = true;
};

}  // namespace devlock::check::detail
