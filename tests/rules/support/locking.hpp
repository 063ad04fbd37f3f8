// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The statements of a program that are about locks: guards, tries, retries, walks, early release, calls, and objects that wait when they
// end. Each asks the rules, writes steps, and answers false if it is not permitted here.
#pragma once

#include "rules/support/author.hpp"

namespace rules {

class Locking : public Author {
 protected:
  using Author::Author;

  bool may_ask_again(std::size_t lock, Way way) const {
    const Holding* held = holding(lock);
    return held == nullptr || (way == Way::shared && held->way == Way::shared && held->certain && !held->released);
  }
  bool wait(const Context& context, std::size_t lock, Way way, unsigned depth, bool always_runs) {
    if (!may_ask_again(lock, way) || !keeps_promise(class_of(lock)) || (way == Way::nested && !belongs(lock, false)) ||
        !rules_.may_wait(context, lock, way)) {
      return false;
    }
    note_second(lock, way);
    note(Contains::wait);
    emit(way == Way::shared ? Do::lock_shared : Do::lock, lock);
    InstanceRecord record{};
    body(enter(context, lock, way, false, true, record), depth, always_runs);
    leave(lock);
    return true;
  }
  void note_second(std::size_t lock, Way way) {
    for (const Holding& held : holdings_) {
      const bool second = class_of(held.lock) == class_of(lock);
      note(Contains::second_by_nest, second && way == Way::nested);
      note(Contains::second_by_key, second && way == Way::exclusive);
    }
  }
  bool try_once(const Context& context, std::size_t lock, Way way, unsigned depth, bool always_runs) {
    if (holding(lock) != nullptr || (way == Way::nested && !belongs(lock, true)) ||
        !rules_.may_try(context, lock, way)) {
      return false;
    }
    note(Contains::try_lock);
    const bool goes_on = random_.percent(20);  // the guard of a failed try is still a context
    note(Contains::failed_try_goes_on, goes_on);
    const std::size_t at = steps().size();
    emit(way == Way::shared ? Do::try_shared : Do::try_lock, lock);
    InstanceRecord record{};
    body(enter(context, lock, way, true, !goes_on, record), depth, always_runs && goes_on);
    leave(lock);
    steps()[at].jump = static_cast<unsigned char>(goes_on ? at + 1 : steps().size());
    return true;
  }
  bool retry(const Context& context, std::size_t lock, unsigned depth, bool always_runs) {
    if (holding(lock) != nullptr || !keeps_promise(class_of(lock)) || !rules_.may_retry(context, lock)) {
      return false;
    }
    note(Contains::retry);
    note_second(lock, Way::exclusive);
    emit(Do::spin, lock);
    InstanceRecord record{};
    body(enter(context, lock, Way::exclusive, true, true, record), depth, always_runs);
    leave(lock);
    return true;
  }
  // A guard of the same function gives its lock back. An owner does so only when nothing nests under it.
  bool release() {
    if (holdings_.empty()) {
      return false;
    }
    Holding& chosen = holdings_[random_.below(holdings_.size())];
    if (chosen.call != call_ || chosen.released) {
      return false;
    }
    for (const Holding& held : holdings_) {
      if (held.way == Way::nested && world.of_class[class_of(held.lock)].owner == class_of(chosen.lock) &&
          !rules_.weakened(Weakening::nest_owner_released)) {
        return false;
      }
    }
    chosen.released = true;
    note(Contains::early_release);
    emit(Do::unlock, chosen.lock);
    return true;
  }
  bool call(const Context& context, unsigned depth, bool always_runs) {
    const std::size_t bound = random_.below(world.classes);
    if (!rules_.may_bound(context, bound)) {
      return false;
    }
    note(Contains::call);
    ++call_;
    body(Rules::below(bound), depth, always_runs);
    --call_;
    return true;
  }
  bool walk(const Context& context, std::size_t lock, unsigned depth, bool always_runs) {
    const std::size_t c = class_of(lock);
    const bool over_nest = rules_.weakened(Weakening::walk_over_nest) && world.of_class[c].owner != none;
    if (!world.of_class[c].scope && !over_nest) {
      return false;
    }
    const std::size_t partner = random_.percent(60) ? world.of_class[c].partner : none;
    InstanceRecord record{};
    Context next = context;
    std::vector<std::size_t> taken;
    if (!choose_walk(next, c, taken, record)) {
      return false;
    }
    const std::size_t firsts = taken.size();
    if (partner != none && !choose_partners(next, partner, taken, record)) {
      return false;
    }
    if (taken.size() > 3) {
      most_steps_ += 3;
    }
    note(Contains::walk);
    note(Contains::walk_of_pairs, partner != none);
    if (partner != none && rules_.weakened(Weakening::walk_by_instance)) {
      std::vector<std::size_t> by_instance;
      for (std::size_t i = 0; i != firsts; ++i) {
        by_instance.push_back(taken[i]);
        by_instance.push_back(taken[firsts + i]);
      }
      taken = by_instance;
    }
    for (const std::size_t each : taken) {
      emit(Do::lock, each);
      holdings_.push_back({each, Way::exclusive, true, true, call_});  // a walk has no early release
    }
    body(next, depth, always_runs);
    for (std::size_t i = taken.size(); i != 0; --i) {
      leave(taken[i - 1]);
    }
    return true;
  }
  // Two or three instances of a class, in the order of their numbers, which all walks follow.
  bool choose_walk(Context& context, std::size_t c, std::vector<std::size_t>& taken, InstanceRecord& record) {
    for (std::size_t l = 0; l != world.locks; ++l) {
      if (class_of(l) == c) {
        if (holding(l) != nullptr) {
          return false;
        }
        if (taken.size() < 2 || random_.percent(50)) {
          taken.push_back(l);
        }
      }
    }
    if (taken.size() < 2 || !keeps_promise(c) || !rules_.may_walk(context, taken[0])) {
      return false;
    }
    context = rules_.with(context, taken[0], Way::exclusive, false, record);
    return true;
  }
  // The partners of those instances, in the same order: all of the one class before all of the other.
  bool choose_partners(Context& context, std::size_t partner, std::vector<std::size_t>& taken, InstanceRecord& record) {
    const std::size_t firsts = taken.size();
    for (std::size_t i = 0; i != firsts; ++i) {
      const std::size_t l = taken[i] + firsts;
      if (l >= world.locks || class_of(l) != partner || holding(l) != nullptr) {
        return false;
      }
      taken.push_back(l);
    }
    if (!keeps_promise(partner) || !rules_.may_walk(context, taken[firsts])) {
      return false;
    }
    context = rules_.with(context, taken[firsts], Way::exclusive, false, record);
    return true;
  }
  // An object whose destructor waits for a lock. What that may be is asked when it is made.
  bool destructor(const Context& context, std::size_t lock, unsigned depth, bool always_runs) {
    if (holding(lock) != nullptr || !keeps_promise(class_of(lock)) ||
        !(rules_.weakened(Weakening::destructor_unchecked) || rules_.may_bound(context, class_of(lock)))) {
      return false;
    }
    note(Contains::waiting_destructor);
    body(context, depth, always_runs);
    emit(Do::lock, lock);
    emit(Do::unlock, lock);
    return true;
  }
};

}  // namespace rules
