// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What is said: text for people, or one JSON document.
#pragma once

#include <chrono>
#include <optional>

#include "verdict.hpp"

namespace try_reset {

struct Report {
  const Options& options;
  std::optional<Plan> plan{};  ///< none if there is no such device or reset
  Verdict verdict{};
  bool tried = false;
  bool abandoned = false;  ///< the child process `child` still waits in the kernel
  int child = -1;
  std::vector<Waiter> waiters{};  ///< who may be in its way
  std::chrono::duration<double> took{};
  std::optional<devlock::Error> error{};
  int exit_status = exit_done;
};

/// Who is affected, who holds what, why not: before anything is touched.
void print_look(const Report& report);
/// What came of it.
void print_outcome(const Report& report);
void print_json(const Report& report);

/// For people: what was left behind, and what to do.
[[nodiscard]] std::string text_of_abandoned(const Report& report);

}  // namespace try_reset
