// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Actors that take turns, for the sites of the simulator: an actor that waits is one that cannot go on.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "actor.hpp"
#include "turns.hpp"

namespace fidelity {

class TurnThreads {
 public:
  static void start(Actor& actor, Actor::Ask ask) {
    auto thread = std::make_shared<Turns::Thread>();
    Turns::instance().add(*thread);
    actor.start(
        std::move(ask), [thread] { Turns::instance().enter(*thread); }, [thread] { Turns::instance().leave(); });
  }
  template <class Why>
  static void settle(std::span<Actor>, const Why&) {
    Turns::instance().run_all();
  }
};

}  // namespace fidelity
