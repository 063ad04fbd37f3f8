// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A scenario: a small program of two or three threads over real locks, with what must always hold. It is constructed afresh for each
// execution; everything that the threads share is a member of it.
//
//   struct TwoResets {
//     static constexpr unsigned threads = 2;
//     void thread(unsigned index);   // what thread 0 and thread 1 do
//     void after();                  // optional: when both ended
//   };
//
// Optional too: before(), which runs first, and invariant(), which runs at every schedule point and must only read.
// Not checked: that the scenario is deterministic. No clocks, no random numbers, no addresses as values.
#pragma once

#include <concepts>

#include "devlock/check/relacy.hpp"
#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check {

template <class S>
concept Scenario = std::default_initializable<S> && requires(S& scenario, unsigned index) {
  requires S::threads >= 2 && S::threads <= relacy::max_threads;
  scenario.thread(index);
};

namespace detail {

/// A scenario as Relacy wants it.
template <Scenario S>
struct Suite : rl::test_suite<Suite<S>, static_cast<rl::thread_id_t>(S::threads)> {
  void before() {
    if constexpr (requires { scenario.before(); }) {
      scenario.before();
    }
  }
  void thread(unsigned index) { scenario.thread(index); }
  void after() {
    if constexpr (requires { scenario.after(); }) {
      scenario.after();
    }
  }
  void invariant() {
    if constexpr (requires { scenario.invariant(); }) {
      scenario.invariant();
    }
  }
  S scenario;
};

}  // namespace detail
}  // namespace devlock::check
