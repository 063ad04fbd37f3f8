// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What happened, step by step, from all threads: when, who, which operation, with which classes held, and the answer. A
// thread's repeated steps are folded into one that counts. The held classes are read off the type of the context.
#pragma once

#include <chrono>
#include <concepts>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devlock/backend/classify.hpp"
#include "devlock/order/context.hpp"

namespace passthrough {

using Clock = std::chrono::steady_clock;

/// How a step counts. Expected: not ok, but what should be answered here. Skipped: this machine cannot do it, and need not.
enum class Mark { ok, expected, skipped, failed };

struct Step {
  std::string thread;
  std::string operation;
  std::string object;                  ///< empty: the device that all this is about
  std::vector<std::string_view> held;  ///< names of the lock classes held, outermost first
  std::optional<devlock::Error> error;
  Mark mark = Mark::ok;
  Clock::time_point first{};  ///< start of the first one
  Clock::time_point last{};   ///< end of the last one
  unsigned count = 1;
  bool repeats = false;  ///< folded with earlier ones that are the same

  [[nodiscard]] bool same_as(const Step& other) const;
};

class Journal {
 public:
  void add(Step step);
  [[nodiscard]] Clock::time_point begin() const { return begin_; }
  /// In the order of their start.
  [[nodiscard]] std::vector<Step> steps() const;

 private:
  const Clock::time_point begin_ = Clock::now();
  mutable std::mutex mutex_;  // nothing else is taken under it
  std::vector<Step> steps_;   // in the order of their start
};

namespace detail {
template <class Element>
struct ElementName {
  static constexpr std::string_view value = Element::name;
};
template <class Held>
struct HeldNames;
template <class Order, class... Elements>
struct HeldNames<devlock::Held<Order, Elements...>> {
  static std::vector<std::string_view> get() { return {ElementName<Elements>::value...}; }
};
}  // namespace detail

/// The names of the classes in a context's held set.
template <class Held>
std::vector<std::string_view> held_names() {
  return detail::HeldNames<Held>::get();
}

/// One thread's hand in the journal.
class Actor {
 public:
  Actor(Journal& journal, std::string name) : journal_(&journal), name_(std::move(name)) {}

  /// What is written down of a step beside its answer.
  struct About {
    std::string operation;
    std::string object{};
    std::optional<devlock::ErrorClass> expected{};  ///< this answer and no other should come
    std::vector<devlock::ErrorClass> skippable{};   ///< these answers mean that the machine cannot do it
    std::optional<devlock::ErrorClass> expected_too{};  ///< ok should come, or this answer
  };

  /// Performs `action` under `context` and writes down how it went; returns what it returned.
  template <devlock::LockContext Context, std::invocable Action>
  auto step(const Context&, About about, Action&& action) const {
    const Clock::time_point first = Clock::now();
    auto result = std::forward<Action>(action)();
    Step step{name_, std::move(about.operation), std::move(about.object), held_names<typename Context::held>(), {}};
    if (!result) {
      step.error = result.error();
    }
    step.mark = judge(about, step.error);
    step.first = first;
    step.last = Clock::now();
    journal_->add(std::move(step));
    return result;
  }
  void add(Step step) const {
    step.thread = name_;
    journal_->add(std::move(step));
  }

 private:
  static Mark judge(const About& about, const std::optional<devlock::Error>& error);

  Journal* journal_;
  std::string name_;
};

}  // namespace passthrough
