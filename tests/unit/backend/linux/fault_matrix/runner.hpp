// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Runs the cells of the fault matrix. A finding names its cell; a call that no row has and a row that no call has are findings too.
#pragma once

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "devlock/backend/classify.hpp"
#include "unit/backend/linux/fault_matrix/operations.hpp"
#include "unit/backend/linux/fault_matrix/table.hpp"

namespace fake {

struct MatrixReport {
  std::size_t cells = 0;  ///< an operation, a call, an answer
  std::size_t runs = 0;   ///< with the first, the second, ... such call of the operation
  std::size_t leaks = 0;  ///< descriptors, locks, claims, changes of the host
  std::vector<std::string> findings;
};

class MatrixRunner {
 public:
  explicit MatrixRunner(std::span<const Row> table) : table_(table), used_(table.size()) {}

  void run(const Subject& subject) {
    subject_ = &subject;
    clean_run();
    std::set<std::pair<Call, unsigned long>> kinds;
    for (const Made& made : steps_) {
      kinds.emplace(made.call, made.request);
    }
    for (const auto& [call, request] : kinds) {
      std::set<int> answers;
      for (std::size_t place = 0; place != table_.size(); ++place) {
        if (matches(table_[place], call, request)) {
          used_[place] = true;
          answers.insert(table_[place].answers.begin(), table_[place].answers.end());
        }
      }
      if (answers.empty()) {
        report_.findings.push_back(subject.name + ": no row has its " + name_of(call, request));
      }
      for (const int answer : answers) {
        run_cell(call, request, answer);
      }
    }
  }
  MatrixReport report() {
    for (std::size_t place = 0; place != table_.size(); ++place) {
      if (!used_[place]) {
        report_.findings.push_back(std::string(table_[place].operation) + ": no step is a " +
                                   name_of(table_[place].call, table_[place].request) + ", row " +
                                   std::to_string(place));
      }
    }
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool matches(const Row& row, Call call, unsigned long request) const {
    const bool open_ended = row.operation.ends_with('*');
    const std::string_view name = row.operation.substr(0, row.operation.size() - (open_ended ? 1 : 0));
    return row.call == call && row.request == request &&
           (open_ended ? std::string_view(subject_->name).starts_with(name) : subject_->name == name);
  }
  [[nodiscard]] const Row& row_of(Call call, unsigned long request, int answer) const {
    const Row* found = nullptr;
    for (const Row& row : table_) {
      if (matches(row, call, request) &&
          std::find(row.answers.begin(), row.answers.end(), answer) != row.answers.end()) {
        found = &row;
      }
    }
    return *found;
  }
  [[nodiscard]] static std::string name_of(Call call, unsigned long request) {
    return to_string(call) + (request == 0 ? std::string() : " " + std::to_string(request));
  }
  [[nodiscard]] static std::string name_of(int answer) {
    return answer == short_transfer ? "one byte" : answer == no_transfer ? "no byte" : devlock::errno_name(answer);
  }

  void clean_run() {
    Rig rig;
    subject_->prepare(rig);
    before_ = rig.state();
    descriptors_before_ = rig.descriptors();
    at_step_.clear();
    rig.begin();
    rig.kernel.before_call = [&] { at_step_.push_back(rig.state()); };
    clean_ = subject_->run(rig);
    rig.kernel.before_call = nullptr;
    rig.end();
    first_ = rig.first_call;
    steps_.assign(rig.kernel.made.begin() + static_cast<std::ptrdiff_t>(rig.first_call),
                  rig.kernel.made.begin() + static_cast<std::ptrdiff_t>(rig.last_call));
    after_ = rig.state();
    descriptors_after_ = rig.descriptors();
    rig.let_go();
    place_ = subject_->name + ", nothing fails";
    check_given_back(rig);
  }
  void run_cell(Call call, unsigned long request, int answer) {
    const Row& row = row_of(call, request, answer);
    std::size_t number = 0;
    for (std::size_t step = 0; step != steps_.size(); ++step) {
      if (steps_[step].call == call && steps_[step].request == request && can_be_cut(steps_[step], answer)) {
        place_ = subject_->name + " x " + name_of(call, request) + " -> " + name_of(answer) + ", number " +
                 std::to_string(++number) + " of " + steps_[step].object;
        run_step(row, step, answer);
      }
    }
    report_.cells += number != 0 ? 1U : 0U;
  }
  // Only what transfers something can transfer less.
  [[nodiscard]] static bool can_be_cut(const Made& step, int answer) {
    return (answer != short_transfer || step.transferred > 1) && (answer != no_transfer || step.transferred > 0);
  }
  void run_step(const Row& row, std::size_t step, int answer) {
    ++report_.runs;
    Rig rig;
    subject_->prepare(rig);
    if (answer == short_transfer || answer == no_transfer) {
      rig.kernel.shorten_at(first_ + step, answer == short_transfer ? 1 : 0);
    } else {
      rig.kernel.fail_at(first_ + step, answer);
    }
    const Outcome outcome = subject_->run(rig);
    check_answer(row, answer, outcome);
    check_host(row, step, outcome, rig);
    rig.let_go();
    check_given_back(rig);
  }

  void finding(const std::string& text) { report_.findings.push_back(place_ + ": " + text); }
  void leak(const std::string& text) {
    ++report_.leaks;
    finding(text);
  }
  void check_answer(const Row& row, int answer, const Outcome& outcome) {
    const Then then = answer == EINTR && row.call != Call::close && row.then != Then::words ? Then::same : row.then;
    if (outcome.error) {
      check_error(*outcome.error);
    }
    switch (then) {
      case Then::error:
        if (!outcome.error) {
          finding("a success that is none: " + outcome.value);
        }
        break;
      case Then::same:
        if (!same_as_clean(outcome)) {
          finding("not the same as without it: " + (outcome.error ? to_string(*outcome.error) : outcome.value));
        }
        break;
      case Then::words:
        if (!same_as_clean(outcome)) {
          finding("another error than without it");
        }
        break;
      case Then::answer:
      case Then::either:
        break;
    }
  }
  [[nodiscard]] bool same_as_clean(const Outcome& outcome) const {
    return outcome.error.has_value() == clean_.error.has_value() && outcome.value == clean_.value &&
           (!outcome.error || outcome.error->error_number == clean_.error->error_number);
  }
  void check_error(const devlock::Error& error) {
    const auto& named = subject_->named;
    if (std::find(named.begin(), named.end(), error.operation) == named.end()) {
      finding("an error of another operation: " + to_string(error));
    }
    if (error.error_number == 0 || error.object.empty() || error.reason.empty() ||
        error.error_class != devlock::classify(error.operation, error.error_number)) {
      finding("an error that is not whole: " + to_string(error));
    }
  }
  // Right after the operation.
  void check_host(const Row& row, std::size_t step, const Outcome& outcome, Rig& rig) {
    const bool failed = outcome.error.has_value() && !clean_.error;
    const HostState& expected = !failed || row.left == Left::done ? after_
                                : row.left == Left::before        ? before_
                                                                  : at_step_.at(step);
    if (const HostState now = rig.state(); now != expected) {
      leak("the host is left changed: " + difference(now, expected));
    }
    const auto& open = !failed || row.left == Left::done ? descriptors_after_ : descriptors_before_;
    if (rig.descriptors() != open) {
      leak("descriptors are left open: " + std::to_string(rig.kernel.open_descriptors()));
    }
    if (const std::string held = rig.still_held(); !held.empty()) {
      leak("still held: " + held);
    }
  }
  // After every handle is gone.
  void check_given_back(Rig& rig) {
    if (rig.kernel.open_descriptors() != 0) {
      leak("descriptors outlive their handles: " + std::to_string(rig.kernel.open_descriptors()));
    }
    for (const std::string& misuse : rig.kernel.misuses) {
      // What a descriptor is, is told by what it answers to the questions of others.
      if (!subject_->name.starts_with("adopt") || !misuse.starts_with("ioctl of the wrong node")) {
        finding(misuse);
      }
    }
  }

  std::span<const Row> table_;
  std::vector<bool> used_;
  MatrixReport report_;
  const Subject* subject_ = nullptr;
  std::string place_;

  // Of the run in which nothing fails.
  std::size_t first_ = 0;
  std::vector<Made> steps_;
  std::vector<HostState> at_step_;
  Outcome clean_;
  HostState before_;
  HostState after_;
  std::map<Kind, std::size_t> descriptors_before_;
  std::map<Kind, std::size_t> descriptors_after_;
};

}  // namespace fake
