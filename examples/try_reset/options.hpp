// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The command line, and what each exit status means.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "devlock/backend/error.hpp"
#include "devlock/pci/address.hpp"

namespace try_reset {

enum class Scope { function, slot, bus };

constexpr const char* to_string(Scope scope) {
  constexpr const char* names[] = {"function", "slot", "bus"};
  return names[static_cast<int>(scope)];
}
constexpr devlock::Operation operation_of(Scope scope) {
  constexpr devlock::Operation operations[] = {devlock::Operation::reset_function, devlock::Operation::reset_slot,
                                               devlock::Operation::reset_bus};
  return operations[static_cast<int>(scope)];
}

struct Options {
  devlock::pci::Address device{};
  Scope scope = Scope::function;
  std::chrono::duration<double> deadline{2.0};
  bool json = false;
  bool dry_run = false;
  bool force = false;  ///< although somebody uses what it touches
  std::string sysfs = "/sys";
  std::string proc = "/proc";
};

enum ExitStatus : int {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_gone = 3,
  exit_permission = 4,
  exit_unsupported = 5,
  exit_held = 6,
  exit_contended = 7,
  exit_abandoned = 8,
};

constexpr ExitStatus exit_status_of(devlock::ErrorClass error_class) {
  switch (error_class) {
    case devlock::ErrorClass::gone:
      return exit_gone;
    case devlock::ErrorClass::permission:
      return exit_permission;
    case devlock::ErrorClass::unsupported:
      return exit_unsupported;
    case devlock::ErrorClass::held:
    case devlock::ErrorClass::not_owned:
      return exit_held;
    case devlock::ErrorClass::contended:
      return exit_contended;
    case devlock::ErrorClass::invalid:
    case devlock::ErrorClass::exhausted:
    case devlock::ErrorClass::failed:
      break;
  }
  return exit_failed;
}

/// What to do: run with these options, or exit with this status because everything was said.
struct CommandLine {
  Options options;
  std::optional<int> exit_status;
};

CommandLine read_command_line(int argc, char** argv);

}  // namespace try_reset
