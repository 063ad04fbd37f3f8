// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// What each simulated thread has thrown and not yet dealt with. The C++ runtime keeps that for each thread of the system, of
// which all simulated threads are one: without this class a `throw;` in one would throw again what another one caught.
//
//   exceptions.begin_execution();          // nobody has thrown
//   exceptions.switch_to(from, to);        // before another simulated thread runs
//
// Restores what its own thread of the system was in when it is destroyed. Not here: exceptions that leave a scenario; see
// search/run.hpp.
#pragma once

#include <cxxabi.h>

#include <cstring>

#include "devlock/sync/relacy/touch.hpp"

namespace devlock::check::detail {

class Exceptions {
 public:
  Exceptions() { host_ = now(); }
  Exceptions(const Exceptions&) = delete;
  Exceptions& operator=(const Exceptions&) = delete;
  ~Exceptions() { become(host_); }

  void begin_execution() {
    if (used_) {
      for (State& state : threads_) {
        state = {};
      }
      used_ = false;
    }
    become({});
  }
  void switch_to(unsigned from, unsigned to) {
    const State state = now();
    if (used_ || state.caught != nullptr || state.uncaught != 0U) {
      used_ = true;
      threads_[from] = state;
      become(threads_[to]);
    }
  }

 private:
  // What __cxa_get_globals answers in the Itanium C++ ABI, which declares no more than its name.
  struct State {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };

  [[nodiscard]] State now() const {
    State state;
    std::memcpy(static_cast<void*>(&state), runtime_, sizeof state);
    return state;
  }
  void become(const State& state) { std::memcpy(runtime_, static_cast<const void*>(&state), sizeof state); }

  void* runtime_ = abi::__cxa_get_globals();
  State host_;
  State threads_[relacy::max_threads];
  bool used_ = false;  // somebody was in the middle of an exception when another thread ran
};

}  // namespace devlock::check::detail
