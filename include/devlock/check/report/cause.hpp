// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Why an execution could not go on, in words: the cycle of who waits for whom, whose notification came too early, who
// clashed with whom. A pure function of a history that ended in this outcome.
//
//   thread 0 waits for group_lock, held by thread 1 (open_group kvm_vfio.hpp:31), which waits for kvm_lock, held by
//   thread 0 (release kvm_vfio.hpp:12)
//
// Not known: which of several earlier accesses a data race is with; it names all that come into question.
#pragma once

#include <algorithm>

#include "devlock/check/report/words.hpp"

namespace devlock::check::detail {

class Cause {
 public:
  explicit Cause(const History& history) : history_(history) {}

  /// Of a deadlock.
  [[nodiscard]] std::string of_deadlock() const {
    std::string text;
    const std::vector<unsigned> cycle = find_cycle();
    if (!cycle.empty()) {
      text = history_.threads[cycle.front()];
      for (std::size_t i = 0; i != cycle.size(); ++i) {
        text += (i == 0 ? " " : ", which ") + wait_of(cycle[i], cycle[(i + 1) % cycle.size()]);
      }
      text += '\n';
    }
    for (unsigned thread = 0; thread != history_.states.size(); ++thread) {
      if (history_.states[thread].sleeps && std::find(cycle.begin(), cycle.end(), thread) == cycle.end()) {
        text += history_.threads[thread] + ' ' + sentence(thread) + '\n';
      }
    }
    return text;
  }
  /// Nobody waits in a cycle, and none of the sleepers keeps a lock that somebody else waits for, who could have woken it.
  [[nodiscard]] bool is_lost_wakeup() const {
    bool sleeper = false;
    for (unsigned thread = 0; thread != history_.states.size(); ++thread) {
      if (!sleeps_until_notified_now(thread)) {
        continue;
      }
      sleeper = true;
      if (!kept_waiting_by(thread).empty()) {
        return false;
      }
    }
    return sleeper && find_cycle().empty();
  }
  /// Of an operation on a lock that was refused as wrong: who holds it.
  [[nodiscard]] std::string of_wrong_owner() const {
    const relacy::Event* wanted = history_.wanted_by(history_.running);
    const int asked = wanted == nullptr ? ObjectTable::none : history_.objects.find(*wanted);
    if (asked == ObjectTable::none) {
      return {};
    }
    const bool waits = wanted->operation == Operation::condition_wait;
    const int object = waits ? history_.objects.find_mutex(wanted->second) : asked;
    std::string text = history_.threads[history_.running] + ' ' + demand(wanted->operation) + ' ' +
                       history_.objects.name(asked) + at(wanted->where);
    if (waits) {
      text += " with " + (object == ObjectTable::none ? "a mutex" : history_.objects.name(object));
    }
    std::string holders;
    for (unsigned thread = 0; thread != history_.states.size(); ++thread) {
      if (const Holding* holding = history_.held(thread, object)) {
        holders += (!holders.empty() ? " and by " : holding->shared ? ", shared by " : ", held by ") +
                   (thread == history_.running ? "itself" : history_.threads[thread]) + since(thread, object);
      }
    }
    return text + (holders.empty() ? ", which nobody holds" : holders) + '\n';
  }
  /// Of locks that are held when they or the scenario end.
  [[nodiscard]] std::string of_held() const {
    std::string text;
    for (unsigned thread = 0; thread != history_.states.size(); ++thread) {
      for (const Holding& holding : history_.states[thread].holds) {
        text += history_.objects.name(holding.object) + " is held by " + history_.threads[thread] +
                since(thread, holding.object) + '\n';
      }
    }
    return text;
  }
  /// Of memory that is used wrongly: the operation that did, if it was one.
  [[nodiscard]] std::string of_bad_memory() const {
    const relacy::Event* wanted = history_.wanted_by(history_.running);
    const int object = wanted == nullptr ? ObjectTable::none : history_.objects.find(*wanted);
    if (object == ObjectTable::none) {
      return {};
    }
    return history_.threads[history_.running] + ": " + word(wanted->operation) + ' ' + history_.objects.name(object) +
           at(wanted->where) + ", which does not exist, or no longer\n";
  }
  /// Of a data race: the access that showed it, and the last of each other thread that it may clash with.
  [[nodiscard]] std::string of_data_race() const {
    const relacy::Event* wanted = history_.wanted_by(history_.running);
    const int object = wanted == nullptr ? ObjectTable::none : history_.objects.find(*wanted);
    if (object == ObjectTable::none) {
      return {};
    }
    const bool writes = wanted->operation != Operation::read;
    std::vector<std::string> others;
    for (unsigned thread = 0; thread != history_.states.size(); ++thread) {
      for (std::size_t i = history_.steps.size(); i != 0 && thread != history_.running; --i) {
        const Step& step = history_.steps[i - 1];
        if (step.event.thread == thread && step.object == object &&
            (writes || step.event.operation != Operation::read)) {
          others.push_back(history_.threads[thread] + ' ' + access(step.event.operation) + " it" + at(step.event.where));
          break;
        }
      }
    }
    std::string text = history_.threads[history_.running] + ' ' + access(wanted->operation) + ' ' +
                       history_.objects.name(object) + at(wanted->where);
    for (std::size_t i = 0; i != others.size(); ++i) {
      text += (i == 0 ? ", " : " or ") + others[i];
    }
    return text + (others.empty() ? ", which nothing orders after it was made\n" : ", and nothing orders the two\n");
  }

 private:
  static const char* access(Operation operation) {
    return operation == Operation::read ? "reads" : operation == Operation::write ? "writes" : "destroys";
  }
  static const char* demand(Operation operation) {
    switch (operation) {
      case Operation::unlock: return "unlocks";
      case Operation::unlock_shared: return "gives back its share of";
      case Operation::lock_shared:
      case Operation::try_lock_shared: return "asks for a share of";
      case Operation::condition_wait: return "waits on";
      default: return "asks for";
    }
  }
  static std::string at(const rl::debug_info& where) {
    const std::string text = place(where);
    const std::string name = function(where);
    return text.empty() ? text : " (" + name + (name.empty() ? "" : " ") + text + ')';
  }
  [[nodiscard]] std::string since(unsigned thread, int object) const {
    const Holding* holding = history_.held(thread, object);
    return holding == nullptr ? std::string() : at(history_.steps[holding->step].event.where);
  }
  [[nodiscard]] bool sleeps_until_notified_now(unsigned thread) const {
    const relacy::Event* wanted = history_.wanted_by(thread);
    return history_.states[thread].sleeps && wanted != nullptr && sleeps_until_notified(wanted->operation);
  }
  [[nodiscard]] std::vector<unsigned> waits_for(unsigned thread) const {
    const relacy::Event* wanted = history_.wanted_by(thread);
    if (!history_.states[thread].sleeps || wanted == nullptr || !locks(wanted->operation)) {
      return {};
    }
    return history_.in_the_way(thread, history_.objects.find(*wanted), locks_shared(wanted->operation));
  }
  // The threads that wait, at the end of a chain or at once, for a lock that `thread` holds.
  [[nodiscard]] std::vector<unsigned> kept_waiting_by(unsigned thread) const {
    std::vector<unsigned> found;
    for (unsigned other = 0; other != history_.states.size(); ++other) {
      const std::vector<unsigned> ahead = waits_for(other);
      if (std::find(ahead.begin(), ahead.end(), thread) != ahead.end()) {
        found.push_back(other);
      }
    }
    return found;
  }
  // Threads of which each waits for the next and the last for the first; it begins with the lowest of them.
  [[nodiscard]] std::vector<unsigned> find_cycle() const {
    for (unsigned start = 0; start != history_.states.size(); ++start) {
      std::vector<unsigned> path{start};
      if (extend(path)) {
        return path;
      }
    }
    return {};
  }
  bool extend(std::vector<unsigned>& path) const {
    for (const unsigned next : waits_for(path.back())) {
      if (next == path.front()) {
        return true;
      }
      if (std::find(path.begin(), path.end(), next) == path.end()) {
        path.push_back(next);
        if (extend(path)) {
          return true;
        }
        path.pop_back();
      }
    }
    return false;
  }
  // "waits for group_lock, held by thread 1 (...)"
  [[nodiscard]] std::string wait_of(unsigned thread, unsigned other) const {
    const int object = history_.objects.find(*history_.wanted_by(thread));
    const std::string text = "waits for " + history_.objects.name(object);
    return history_.held(other, object) != nullptr
               ? text + ", held by " + history_.threads[other] + since(other, object)
               : text + ", behind the writer " + history_.threads[other];
  }
  [[nodiscard]] std::string sentence(unsigned thread) const {
    const relacy::Event* wanted = history_.wanted_by(thread);
    if (wanted == nullptr) {
      return "is parked";
    }
    if (sleeps_until_notified(wanted->operation)) {
      return sleep_of(thread, *wanted);
    }
    const std::vector<unsigned> others = waits_for(thread);
    const int object = history_.objects.find(*wanted);
    if (object == ObjectTable::none || others.empty()) {
      return "waits";
    }
    const bool ended = history_.wanted_by(others.front()) == nullptr && !history_.states[others.front()].sleeps;
    return wait_of(thread, others.front()) + (ended ? ", which has ended" : "");
  }
  [[nodiscard]] std::string sleep_of(unsigned thread, const relacy::Event& wanted) const {
    const int object = history_.objects.find(wanted);
    std::string text = "sleeps on " + history_.objects.name(object) + at(wanted.where);
    const std::vector<unsigned> waiters = kept_waiting_by(thread);
    if (!waiters.empty()) {
      return text + " and keeps " + history_.threads[waiters.front()] + " from waking it";
    }
    text += "; nobody is left to notify it";
    for (std::size_t i = history_.states[thread].waiting_since; i != 0; --i) {
      const Step& step = history_.steps[i - 1];
      if (step.object == object && notifies(step.event.operation)) {
        return text + ", and " + history_.threads[step.event.thread] + at(step.event.where) + " did so before it slept";
      }
    }
    return text;
  }

  const History& history_;
};

}  // namespace devlock::check::detail
