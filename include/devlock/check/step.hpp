// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A schedule point of a scenario's own: something that takes time, during which other threads run. Without one between
// them, "in" and "out" of a counter that only the checks read are one step, and no schedule ever sees the counter at
// one.
//
//   ++inside;
//   check::step();
//   --inside;
#pragma once

#include "devlock/sync/relacy/event.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {

/// Other threads may run here. For a reducing search it touches every object, because it stands for what the search
/// cannot see.
inline void step(const relacy::Location& where = {}) {
  relacy::record(relacy::Operation::step, relacy::Phase::wants, nullptr, where);
  relacy::about_to(relacy::Touch::everything());
  rl::ctx().sched();
  relacy::record(relacy::Operation::step, relacy::Phase::done, nullptr, where);
}

}  // namespace devlock::check
