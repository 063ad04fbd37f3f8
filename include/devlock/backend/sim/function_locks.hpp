// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The device locks of a function and of its virtual functions, as a scope that is waited for as a whole.
// Not checked: that the list of virtual functions still is the function's; it changes under the function's lock alone.
#pragma once

#include <span>
#include <vector>

#include "devlock/backend/sim/function.hpp"

namespace devlock::sim {

template <Sync S>
class FunctionLocks {
 public:
  using lock_type = typename DeviceLock<S>::DevicePart;

  FunctionLocks(const Function<S>& function, const std::vector<Function<S>*>& virtuals)
      : locks_{&function.lock().device()} {
    for (const Function<S>* one : virtuals) {
      locks_.push_back(&one->lock().device());
    }
  }
  [[nodiscard]] std::span<lock_type* const> locks() const { return locks_; }

 private:
  std::vector<lock_type*> locks_;
};

}  // namespace devlock::sim
