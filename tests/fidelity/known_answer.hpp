// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A line of the tables of answers that each operation can give, function_answers.hpp and mdev_answers.hpp.
#pragma once

#include <string_view>

#include "devlock/backend/sim/profile.hpp"
#include "script.hpp"

namespace fidelity {

/// What there is in this run for an answer to come from.
struct Producible {
  bool hold = false;         ///< the module that holds locks
  bool functions = false;    ///< a lane of functions
  bool pair = false;         ///< one with two functions
  bool host_driver = false;  ///< one whose functions a driver of the host drives, with DMA
  bool mdevs = false;        ///< a lane of mediated devices
  devlock::sim::Profile profile;
};

enum class Needs {
  nothing,
  hold,
  pair,
  host_driver,
  override_waits,
  hot_reset_info_waits,
  mtty_takes_watch,
  mtty_refuses_watch,
  timing  ///< who waits is overtaken: it may come, and no script can make it
};

struct Answer {
  Op op;
  std::string_view text;
  Needs needs = Needs::nothing;
  std::string_view never = {};  ///< why no script can produce it, though the kernel has it
};

/// Can it come in this run?
constexpr bool expected(const Answer& answer, const Producible& here) {
  if (!answer.never.empty()) {
    return false;
  }
  switch (answer.needs) {
    case Needs::nothing:
      return true;
    case Needs::timing:
      return false;
    case Needs::hold:
      return here.hold;
    case Needs::pair:
      return here.pair;
    case Needs::host_driver:
      return here.host_driver;
    case Needs::override_waits:
      return here.profile.override_waits;
    case Needs::hot_reset_info_waits:
      return here.hold && here.profile.hot_reset_info_waits;
    case Needs::mtty_takes_watch:
      return here.profile.mtty_takes_watch;
    case Needs::mtty_refuses_watch:
      return !here.profile.mtty_takes_watch;
  }
  return true;
}

}  // namespace fidelity
